AWS_ENDPOINT_URL=$URL AWS_ACCESS_KEY_ID=111122223333 AWS_SECRET_ACCESS_KEY=not-a-secret \
    "$HOLDFAST" apply -f full.yaml --auto-approve >/dev/null
