#include "providers/throttle.h"

static double most(double a, double b)
{
    return a > b ? a : b;
}

static double least(double a, double b)
{
    return a < b ? a : b;
}

static void refill(struct throttle *t, int64_t now_ms)
{
    if (t->rate > 0 && now_ms > t->refilled_ms) {
        double burst = most(1, t->rate / 4);
        t->tokens += (double)(now_ms - t->refilled_ms) * t->rate / 1000;
        t->tokens = least(t->tokens, burst);
    }
    t->refilled_ms = now_ms;
}

static void count(struct throttle *t, int64_t now_ms)
{
    if (now_ms - t->second_ms >= 1000) {
        t->sent_before = now_ms - t->second_ms < 2000 ? t->sent : 0;
        t->sent = 0;
        t->second_ms = now_ms;
    }
    t->sent++;
}

bool throttle_take(struct throttle *t, int64_t now_ms)
{
    refill(t, now_ms);
    if (t->rate > 0) {
        if (t->tokens < 1)
            return false;
        t->tokens--;
    }
    count(t, now_ms);
    return true;
}

int64_t throttle_next_ms(struct throttle *t, int64_t now_ms)
{
    refill(t, now_ms);
    if (t->rate <= 0 || t->tokens >= 1)
        return now_ms;
    return now_ms + 1 + (int64_t)((1 - t->tokens) * 1000 / t->rate);
}

void throttle_feedback(struct throttle *t, bool throttled, int64_t now_ms)
{
    refill(t, now_ms);
    if (throttled) {
        if (t->cut_ms && now_ms - t->cut_ms < 1000)
            return;
        double from = t->rate > 0 ? t->rate : most(t->sent, t->sent_before);
        t->rate = most(THROTTLE_MIN, from / 2);
        t->tokens = 0;
        t->cut_ms = now_ms;
    } else if (t->rate > 0) {
        t->rate += 0.1 + 1 / t->rate; /* about a tenth and one call a second, every second */
        if (t->rate > THROTTLE_OPEN)
            t->rate = 0;
    }
}
