#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/base/slice.h"
#include "providers/provider.h"

static const char *const types[] = {
#define TYPE(name) #name,
#include "types.inc"
#undef TYPE
};

static void every_type_of_the_build_has_all_five_functions(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        const struct resource_ops *ops = provider_ops(types[i]);
        if (!ops || !ops->read || !ops->create || !ops->update || !ops->remove || !ops->find)
            fail_msg("%s is not complete", types[i]);
    }
}

static void no_two_types_share_an_implementation(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
        for (size_t k = 0; k < i; k++)
            assert_ptr_not_equal(provider_ops(types[i]), provider_ops(types[k]));
}

static void an_unknown_type_has_none(void **state)
{
    (void)state;
    assert_null(provider_ops("aws_nothing"));
    assert_null(provider_ops(""));
    assert_null(provider_ops(NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_type_of_the_build_has_all_five_functions),
        cmocka_unit_test(no_two_types_share_an_implementation),
        cmocka_unit_test(an_unknown_type_has_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
