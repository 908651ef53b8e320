awk 'BEGIN { print "version: 1"; print "name: t"; print "outputs:"
for (i = 0; i < 200000; i++) printf "  o%d: this line is here because it takes up room %d\n", i, i
print "outptus: {}" }' >topology.yaml
