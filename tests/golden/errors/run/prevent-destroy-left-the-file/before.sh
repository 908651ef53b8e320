# made without the guard, which came later and changed nothing at AWS
cp topology.yaml without.yaml
echo '  q: {account: main, region: one}' >>topology.yaml
"$HOLDFAST" apply --simulate --auto-approve >/dev/null
sed -i 's/  q: .*/  q: {account: main, region: one, prevent_destroy: true}/' topology.yaml
"$HOLDFAST" apply --simulate --auto-approve >/dev/null
mv without.yaml topology.yaml
