cp "$HOLDFAST" program.yaml; dd if="$HOLDFAST" of=topology.yaml bs=4096 count=4 2>/dev/null; rm program.yaml
