#include "engine/plan/graph.h"

#include "tests/unit/engine/plan/helper.h"

struct edges {
    const char *address;
    int rank;
    size_t needs[4];
    size_t len;
};

static const char *order_of(struct fixture *f, const struct edges *edges, size_t len)
{
    struct graph_node *nodes = arena_array(f->arena, len, sizeof(*nodes));
    for (size_t i = 0; i < len; i++)
        nodes[i] = (struct graph_node){.address = edges[i].address,
                                       .pos = {1, (uint32_t)i + 1, 1},
                                       .rank = edges[i].rank,
                                       .needs = edges[i].needs,
                                       .needs_len = edges[i].len};
    size_t *order = arena_array(f->arena, len, sizeof(*order));
    if (!graph_order(f->arena, nodes, len, order, &f->diags))
        return NULL;
    struct strbuf sb;
    strbuf_init(&sb, f->arena, 4096);
    for (size_t i = 0; i < len; i++)
        strbuf_addf(&sb, "%s%s", i ? " " : "", nodes[order[i]].address);
    return strbuf_str(&sb);
}

static void without_edges_it_goes_by_rank_and_then_by_address(void **state)
{
    struct fixture *f = *state;
    const struct edges edges[] = {{"a", 20, {0}, 0}, {"b", 10, {0}, 0}, {"c", 10, {0}, 0}};
    assert_string_equal(order_of(f, edges, 3), "b c a");
}

static void rank_yields_to_edges(void **state)
{
    struct fixture *f = *state;
    /* a has the lowest rank and needs d, which has the highest; b waits for a, c does not */
    const struct edges edges[] = {
        {"a", 10, {3}, 1}, {"b", 20, {0}, 1}, {"c", 30, {0}, 0}, {"d", 40, {0}, 0}};
    assert_string_equal(order_of(f, edges, 4), "c d a b");
}

static void what_is_needed_is_pulled_before_its_equals(void **state)
{
    struct fixture *f = *state;
    const struct edges edges[] = {{"a", 10, {2}, 1}, {"b", 10, {0}, 0}, {"c", 10, {0}, 0}};
    assert_string_equal(order_of(f, edges, 3), "c a b");
}

static void a_cycle_is_printed_as_a_path_with_its_place(void **state)
{
    struct fixture *f = *state;
    const struct edges edges[] = {
        {"a", 1, {1}, 1}, {"b", 1, {2}, 1}, {"c", 1, {0, 3}, 2}, {"d", 1, {0}, 0}};
    assert_null(order_of(f, edges, 4));
    assert_int_equal(f->diags.len, 1);
    assert_int_equal(f->diags.items[0].code, E_CYCLE);
    assert_string_equal(f->diags.items[0].message, "a -> b -> c -> a");
    assert_int_equal(f->diags.items[0].pos.line, 1);
}

static void a_node_that_needs_itself_is_a_cycle(void **state)
{
    struct fixture *f = *state;
    const struct edges edges[] = {{"a", 1, {0}, 0}, {"b", 1, {1}, 1}};
    assert_null(order_of(f, edges, 2));
    assert_string_equal(f->diags.items[0].message, "b -> b");
}

static void a_long_cycle_is_cut_short(void **state)
{
    struct fixture *f = *state;
    enum { LEN = 300 };
    static struct edges edges[LEN];
    for (size_t i = 0; i < LEN; i++)
        edges[i] = (struct edges){
            arena_printf(f->arena, "vaults.a_long_name_%zu", i), (int)i + 1, {(i + 1) % LEN}, 1};
    assert_null(order_of(f, edges, LEN));
    const char *message = f->diags.items[0].message;
    assert_non_null(strstr(message, "vaults.a_long_name_0 -> vaults.a_long_name_1 -> "));
    assert_non_null(strstr(message, " more) -> vaults.a_long_name_0"));
}

static void every_cycle_is_reported(void **state)
{
    struct fixture *f = *state;
    const struct edges edges[] = {
        {"a", 1, {1}, 1}, {"b", 1, {0}, 1}, {"c", 1, {3}, 1}, {"d", 1, {2}, 1}};
    assert_null(order_of(f, edges, 4));
    assert_int_equal(f->diags.len, 2);
}

static void contradicting_records_are_ordered_all_the_same(void **state)
{
    struct fixture *f = *state;
    const size_t needs[] = {1, 0};
    struct graph_node nodes[] = {{.address = "a", .needs = &needs[0], .needs_len = 1},
                                 {.address = "b", .needs = &needs[1], .needs_len = 1}};
    size_t order[2];
    assert_true(graph_order(f->arena, nodes, 2, order, NULL));
    assert_int_equal(order[0] + order[1], 1);
}

static void a_chain_of_ten_thousand_needs_no_stack(void **state)
{
    struct fixture *f = *state;
    const size_t len = 10000;
    struct graph_node *nodes = arena_array(f->arena, len, sizeof(*nodes));
    size_t *needs = arena_array(f->arena, len, sizeof(*needs));
    size_t *order = arena_array(f->arena, len, sizeof(*order));
    for (size_t i = 0; i < len; i++) { /* each needs the next one */
        needs[i] = i + 1;
        nodes[i] = (struct graph_node){.address = arena_printf(f->arena, "n%05zu", i),
                                       .rank = (int)(i % 7),
                                       .needs = &needs[i],
                                       .needs_len = i + 1 < len ? 1 : 0};
    }
    assert_true(graph_order(f->arena, nodes, len, order, &f->diags));
    for (size_t i = 0; i < len; i++)
        assert_int_equal(order[i], len - 1 - i);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(without_edges_it_goes_by_rank_and_then_by_address),
        TEST(rank_yields_to_edges),
        TEST(what_is_needed_is_pulled_before_its_equals),
        TEST(a_cycle_is_printed_as_a_path_with_its_place),
        TEST(a_node_that_needs_itself_is_a_cycle),
        TEST(a_long_cycle_is_cut_short),
        TEST(every_cycle_is_reported),
        TEST(contradicting_records_are_ordered_all_the_same),
        TEST(a_chain_of_ten_thousand_needs_no_stack),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
