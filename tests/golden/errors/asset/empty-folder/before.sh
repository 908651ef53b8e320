mkdir code
