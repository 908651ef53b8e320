mkdir ledger
