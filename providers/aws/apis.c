#include "providers/aws/aws.h"

#define API(symbol, service_, signing_name_, sdk_id_, wire_, target_, json_, version_, global_)    \
    static const struct aws_api symbol##_api = {                                                   \
        .service = (service_),                                                                     \
        .signing_name = (signing_name_),                                                           \
        .sdk_id = (sdk_id_),                                                                       \
        .wire = (wire_),                                                                           \
        .target_prefix = (target_),                                                                \
        .json_version = (json_),                                                                   \
        .version = (version_),                                                                     \
        .global = (global_),                                                                       \
    };
#include "providers/aws/apis.inc"
#undef API

#define OPERATION(api_, name_, method_, uri_, mutates_, token_in_, token_out_, items_)             \
    const struct aws_operation api_##_##name_ = {                                                  \
        .api = &api_##_api,                                                                        \
        .name = #name_,                                                                            \
        .method = (method_),                                                                       \
        .uri = (uri_),                                                                             \
        .mutates = (mutates_),                                                                     \
        .token_in = (token_in_),                                                                   \
        .token_out = (token_out_),                                                                 \
        .items = (items_),                                                                         \
    };
#include "providers/aws/operations.inc"
#undef OPERATION
