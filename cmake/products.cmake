# The programs, and what is generated for them.
