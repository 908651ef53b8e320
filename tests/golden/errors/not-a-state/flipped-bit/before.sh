$HOLDFAST apply --simulate --auto-approve
python3 - <<'P'
path = ".holdfast/t.simulated.db"
data = bytearray(open(path, "rb").read())
at = data.index(b"111122223333")  # an account, in some row
data[at] ^= 1
open(path, "wb").write(data)
P
