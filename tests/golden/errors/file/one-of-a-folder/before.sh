mkdir parts
printf 'version: 1\nname: t\n' >parts/1.yaml
ln -s 2.yaml parts/2.yaml
