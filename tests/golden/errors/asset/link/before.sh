ln -s /etc/passwd linked.py
