#include "engine/cli/letters.h"

#include "engine/cli/asking.h"

#define BATCH 10           /* as many as SQS gives */
#define HIDDEN_SECONDS 600 /* from others, while this run looks at them */
#define WAIT_SECONDS 1     /* a short wait asks all servers of the queue, no wait only some */

static bool has_account(const struct session *session, const char *id)
{
    for (size_t i = 0; i < session->topology.account_len; i++)
        if (str_eq(session->topology.accounts[i].id, id))
            return true;
    return false;
}

bool letters_open(struct session *session, const char *url, struct letters *ret)
{
    struct cli *cli = session->cli;
    *ret = (struct letters){.session = session};
    map_init(&ret->seen, cli->arena);
    if (!relay_queue_read(cli->arena, url, &ret->queue)) {
        diag_error(&cli->diags, E_RELAY_QUEUE, NO_POS, NULL, "%s is not the URL of a queue", url);
        return false;
    }
    if (!has_account(session, ret->queue.account_id)) {
        diag_error(&cli->diags, E_RELAY_QUEUE, NO_POS, NULL,
                   "%s lies in account %s, which is none of the topology's", url,
                   ret->queue.account_id);
        return false;
    }
    return true;
}

static struct answer call(struct letters *letters, const struct aws_operation *operation,
                          struct map_builder *body)
{
    struct session *session = letters->session;
    map_put_str(body, "QueueUrl", letters->queue.url);
    struct aws_call_spec spec = {.operation = operation,
                                 .account_id = letters->queue.account_id,
                                 .region = letters->queue.region,
                                 .body = map_end(body)};
    return ask_aws(session->cli, session->loop, &spec);
}

static bool refused(struct letters *letters, const struct aws_operation *operation,
                    const struct answer *answer)
{
    if (answer->fault == FAULT_NONE)
        return false;
    diag_error(&letters->session->cli->diags, E_RELAY_QUEUE, NO_POS, NULL, "%s: sqs:%s: %s",
               letters->queue.url, operation->name, answer->text);
    return true;
}

static void take(struct letters *letters, const struct value *message)
{
    struct arena *arena = letters->session->cli->arena;
    struct letter *letter = &letters->batch[letters->len];
    const char *body = value_get_str(message, "Body");
    *letter = (struct letter){.id = value_get_str(message, "MessageId"),
                              .receipt = value_get_str(message, "ReceiptHandle")};
    if (!letter->id || !letter->receipt || map_get(&letters->seen, letter->id))
        return;
    map_set(&letters->seen, letter->id, letters);
    letters->len++;
    if (!relay_letter_read(arena, slice_of(body), &letter->event, &letter->why))
        letter->event = NULL;
}

bool letters_next(struct letters *letters)
{
    struct arena *arena = letters->session->cli->arena;
    struct map_builder body = map_begin(arena);
    map_put_int(&body, "MaxNumberOfMessages", BATCH);
    map_put_int(&body, "VisibilityTimeout", HIDDEN_SECONDS);
    map_put_int(&body, "WaitTimeSeconds", WAIT_SECONDS);
    struct answer answer = call(letters, &sqs_ReceiveMessage, &body);
    letters->len = 0;
    if (refused(letters, &sqs_ReceiveMessage, &answer))
        return false;
    const struct value *messages = value_get(answer.body, "Messages");
    letters->batch = arena_array(arena, value_len(messages) + 1, sizeof(*letters->batch));
    for (size_t i = 0; i < value_len(messages); i++)
        take(letters, value_item(messages, i));
    return true;
}

bool letters_delete(struct letters *letters, const struct letter *letter)
{
    struct map_builder body = map_begin(letters->session->cli->arena);
    map_put_str(&body, "ReceiptHandle", letter->receipt);
    struct answer answer = call(letters, &sqs_DeleteMessage, &body);
    return !refused(letters, &sqs_DeleteMessage, &answer);
}

void letters_give_back(struct letters *letters, const struct letter *letter)
{
    struct map_builder body = map_begin(letters->session->cli->arena);
    map_put_str(&body, "ReceiptHandle", letter->receipt);
    map_put_int(&body, "VisibilityTimeout", 0);
    (void)call(letters, &sqs_ChangeMessageVisibility, &body);
}
