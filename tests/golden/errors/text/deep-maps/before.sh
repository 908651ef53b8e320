awk 'BEGIN { print "version: 1"; print "name: t"; for (i = 0; i < 200; i++) { printf "%*s", i, ""; print "a:" } }' >topology.yaml
