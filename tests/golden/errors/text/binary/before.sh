printf "version: 1\nname: \001\002\377\376\n" >topology.yaml
