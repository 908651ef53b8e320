printf 'version: 1\nname: a\000b\n' >topology.yaml
