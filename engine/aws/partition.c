#include "engine/aws/partition.h"

#include <stddef.h>

#include "engine/base/cleanup.h"
#include "engine/base/slice.h"

static const struct {
    const char *prefix, *partition, *dns_suffix, *dual_stack_suffix;
    const char *home; /* where the partition's global services are signed */
    const char *organizations_home;
} partitions[] = {
    {"cn-", "aws-cn", "amazonaws.com.cn", "api.amazonwebservices.com.cn", "cn-north-1",
     "cn-northwest-1"},
    {"us-gov-", "aws-us-gov", "amazonaws.com", "api.aws", "us-gov-west-1", "us-gov-west-1"},
    {"us-iso-", "aws-iso", "c2s.ic.gov", "api.aws.ic.gov", "us-iso-east-1", "us-iso-east-1"},
    {"us-isob-", "aws-iso-b", "sc2s.sgov.gov", "api.aws.scloud", "us-isob-east-1",
     "us-isob-east-1"},
    {"eu-isoe-", "aws-iso-e", "cloud.adc-e.uk", "api.cloud-aws.adc-e.uk", "eu-isoe-west-1",
     "eu-isoe-west-1"},
    {"us-isof-", "aws-iso-f", "csp.hci.ic.gov", "api.aws.hci.ic.gov", "us-isof-south-1",
     "us-isof-south-1"},
    {"eusc-", "aws-eusc", "amazonaws.eu", "api.amazonwebservices.eu", "eusc-de-east-1",
     "eusc-de-east-1"},
    {"", "aws", "amazonaws.com", "api.aws", "us-east-1", "us-east-1"}, /* last: fits everything */
};
#define COMMERCIAL (ARRAY_LEN(partitions) - 1)

const char *partition_of_region(const char *region)
{
    for (size_t i = 0; region != NULL && i < ARRAY_LEN(partitions); i++)
        if (str_starts(region, partitions[i].prefix))
            return partitions[i].partition;
    return partitions[COMMERCIAL].partition;
}

static size_t partition_index(const char *partition)
{
    for (size_t i = 0; partition != NULL && i < ARRAY_LEN(partitions); i++)
        if (str_eq(partition, partitions[i].partition))
            return i;
    return COMMERCIAL;
}

const char *partition_dns_suffix(const char *partition)
{
    return partitions[partition_index(partition)].dns_suffix;
}

const char *partition_dual_stack_suffix(const char *partition)
{
    return partitions[partition_index(partition)].dual_stack_suffix;
}

static bool is_lower(char c)
{
    return c >= 'a' && c <= 'z';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Two to four letters, one to three words, one or two digits: "us-gov-west-1". */
bool region_is_valid(const char *region)
{
    if (region == NULL)
        return false;
    size_t words = 0, len = 0;
    for (;; region++, len = 0) {
        while (is_lower(region[len]))
            len++;
        if (len == 0)
            break;
        if (region[len] != '-' || (words == 0 && (len < 2 || len > 4)) || len > 16)
            return false;
        words++;
        region += len;
    }
    if (words < 2 || words > 4)
        return false;
    while (is_digit(region[len]))
        len++;
    return len >= 1 && len <= 2 && region[len] == '\0' && region[0] != '0';
}

bool account_id_is_valid(const char *id)
{
    size_t len = 0;
    while (id != NULL && len < 12 && is_digit(id[len]))
        len++;
    return len == 12 && id[12] == '\0';
}

bool service_is_global(const char *service)
{
    return str_eq(service, "iam") || str_eq(service, "organizations");
}

const char *service_signing_region(const char *service, const char *region, const char *partition)
{
    if (!service_is_global(service))
        return region;
    size_t i = partition_index(partition != NULL ? partition : partition_of_region(region));
    return str_eq(service, "organizations") ? partitions[i].organizations_home : partitions[i].home;
}
