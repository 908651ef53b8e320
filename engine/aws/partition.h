#pragma once
/* Partitions, Regions and accounts as text. No list of Regions: AWS opens new ones, so only their
 * shape is checked. */

#include <stdbool.h>

/* "aws", "aws-cn", "aws-us-gov", and the isolated ones ("aws-iso", ...) by the Region's prefix.
 * NULL or an unknown prefix gives "aws". */
const char *partition_of_region(const char *region);
const char *partition_dns_suffix(const char *partition); /* "amazonaws.com"; unknown: the same */
/* The same for endpoints that speak IPv6 as well: "api.aws". */
const char *partition_dual_stack_suffix(const char *partition);

bool region_is_valid(const char *region); /* us-east-1, us-gov-west-1, ap-southeast-12 */
bool account_id_is_valid(const char *id); /* twelve digits */

/* Services with one endpoint for the whole partition: iam, organizations. */
bool service_is_global(const char *service);
/* The Region that goes into the signature and the endpoint's name: the given one, except for
 * global services. partition NULL: that of the Region. */
const char *service_signing_region(const char *service, const char *region, const char *partition);
