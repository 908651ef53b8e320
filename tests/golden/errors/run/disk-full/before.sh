# A queue is there, so that the state exists; then six more with so many tags that their intents do not fit.
{ cat base.yaml; echo 'queues:'; echo '  q: {account: main, region: one}'; } >topology.yaml
AWS_ENDPOINT_URL=$URL AWS_ACCESS_KEY_ID=111122223333 AWS_SECRET_ACCESS_KEY=x "$HOLDFAST" apply --auto-approve >/dev/null
awk 'BEGIN {
    for (i = 1; i <= 6; i++) {
        printf "  p%d: {account: main, region: one, tags: {", i
        for (t = 1; t <= 40; t++) printf "tag%d: \"%0200d\", ", t, t
        print "}}"
    }
}' >>topology.yaml
