"$HOLDFAST" apply --simulate --auto-approve >/dev/null
"$HOLDFAST" state pull --simulate | sed 's/"type":"aws_sqs_queue"/"type":"aws_kms_key"/g' >s.json
