awk 'BEGIN { print "version: 1"; print "name: t"; printf "outputs: {o: "
for (i = 0; i < 100000; i++) printf "["; print "" }' >topology.yaml
