printf '\377\376v\000e\000r\000s\000i\000o\000n\000:\000 \0001\000\n\000' >topology.yaml
