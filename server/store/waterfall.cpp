#include "server/store/waterfall.h"

#include "fleet/ledger/calendar.h"
#include "server/store/holder_snapshot.h"
#include "server/store/ledger_posting.h"
#include "server/store/waterfall_rows.h"

namespace server::store {

namespace {

using fleet::ledger::Transfer;

WaterfallOutcome refused(std::string why) { return {{}, std::move(why)}; }

template <typename Work>
Stored<WaterfallOutcome> refusing(Database& database, Work work) {
    try {
        return transact(database, work);
    } catch (const std::exception& failure) {
        auto refusal = ledger_refusal_in(failure);
        if (!refusal) throw;
        return refused(std::move(*refusal));
    }
}

// One order for all who write: bills, holders, ledger. Readers go on.
void take_turn(pqxx::work& transaction) {
    transaction.exec("lock table bills in share row exclusive mode");
    transaction.exec("lock table holder_units in share row exclusive mode");
    lock_ledger(transaction);
}

bool under_way(const WaterfallRun& run) { return run.state == "proposed" || run.state == "approved"; }

std::string what_waits(pqxx::work& transaction, const std::string& asset) {
    const auto rows = transaction.exec_params(
        "select month, state from waterfall_runs where asset = $1 and state in ('proposed', 'approved')",
        asset);
    if (rows.empty()) return {};
    return rows[0][0].as<std::string>() + " is " + rows[0][1].as<std::string>() +
           ": post it or withdraw it first";
}

WaterfallOutcome propose(pqxx::work& transaction, const std::string& asset, const std::string& month,
                         const std::string& by, std::int64_t now_us) {
    take_turn(transaction);
    const auto stands = find_run(transaction, asset, month);
    auto draft = draft_waterfall(transaction, asset, month, now_us);
    if (stands && under_way(*stands)) {
        if (stands->proposed_by == by && stands->input_hash == draft.input_hash) return {*stands, {}};
        return refused(what_waits(transaction, asset));
    }
    if (auto waits = what_waits(transaction, asset); !waits.empty()) return refused(std::move(waits));
    if (!draft.refused.empty()) return refused(std::move(draft.refused));
    // Nobody changes holders meanwhile, so the snapshot holds what the draft counted.
    const auto snapshot = ensure_snapshot(transaction, draft.input.record_at_us, by);
    store_draft(transaction, draft, snapshot.id, by, now_us);
    return {find_run(transaction, asset, month).value(), {}};
}

// The run a step is about, in one of the states it may start from; or one that has the step behind it.
struct Found {
    WaterfallRun run;
    bool done = false;
    std::string refused;
};

Found find_for(pqxx::work& transaction, const WaterfallStep& step, std::initializer_list<const char*> from,
               const std::string& to) {
    auto run = find_run(transaction, step.asset, step.month);
    if (!run) return {{}, false, step.month + " was not proposed: hashyard waterfall propose"};
    if (run->state == to) return {std::move(*run), true, {}};
    for (const auto* state : from)
        if (run->state == state) return {std::move(*run), false, {}};
    return {{}, false, step.month + " is " + run->state + ", so it cannot become " + to};
}

void set_state(pqxx::work& transaction, std::int64_t run, const std::string& state,
               const std::string& columns, const WaterfallStep& step, std::int64_t now_us) {
    transaction.exec_params("update waterfall_runs set state = $2, " + columns + "_by = $3, " + columns +
                                "_at_us = $4" + (columns == "ended" ? ", ended_why = $5" : "") +
                                " where id = $1 and $5::text is not null",
                            run, state, step.by, now_us, step.why);
}

WaterfallOutcome approve(pqxx::work& transaction, const WaterfallStep& step, std::int64_t now_us) {
    take_turn(transaction);
    auto found = find_for(transaction, step, {"proposed"}, "approved");
    if (!found.refused.empty()) return refused(std::move(found.refused));
    if (found.done) {
        if (found.run.approved_by == step.by) return {found.run, {}};
        return refused(step.month + " is approved already, by " + found.run.approved_by);
    }
    if (found.run.proposed_by == step.by)
        return refused(step.by + " proposed " + step.month + ": somebody else has to approve it");
    set_state(transaction, found.run.id, "approved", "approved", step, now_us);
    return {find_run(transaction, step.asset, step.month).value(), {}};
}

WaterfallOutcome post_run(pqxx::work& transaction, const WaterfallStep& step, std::int64_t now_us) {
    take_turn(transaction);
    auto found = find_for(transaction, step, {"approved"}, "posted");
    if (!found.refused.empty()) return refused(std::move(found.refused));
    if (found.done) return {found.run, {}};
    const auto draft = recompute(transaction, found.run);
    if (!draft.refused.empty()) return refused(step.month + " is not posted: " + draft.refused);
    const auto end_us = fleet::ledger::parse_month(step.month).value().end_us;
    set_state(transaction, found.run.id, "posted", "posted", step, now_us);
    transaction.exec_params("update waterfall_costs set active = true where run = $1", found.run.id);
    post(transaction, now_us,
         waterfall_transfers(draft.input, draft.result, source_of(found.run), end_us - 1));
    return {find_run(transaction, step.asset, step.month).value(), {}};
}

WaterfallOutcome withdraw(pqxx::work& transaction, const WaterfallStep& step, std::int64_t now_us) {
    take_turn(transaction);
    auto found = find_for(transaction, step, {"proposed", "approved"}, "withdrawn");
    if (!found.refused.empty()) return refused(std::move(found.refused));
    if (found.done) return {found.run, {}};
    set_state(transaction, found.run.id, "withdrawn", "ended", step, now_us);
    return {find_run(transaction, step.asset, step.month).value(), {}};
}

WaterfallOutcome reverse(pqxx::work& transaction, const WaterfallStep& step, std::int64_t now_us) {
    take_turn(transaction);
    auto found = find_for(transaction, step, {"posted"}, "reversed");
    if (!found.refused.empty()) return refused(std::move(found.refused));
    if (found.done) return {found.run, {}};
    set_state(transaction, found.run.id, "reversed", "ended", step, now_us);
    transaction.exec_params("update waterfall_costs set active = false where run = $1", found.run.id);
    std::vector<Transfer> mirrors;
    for (const auto& booked : transfers_of_source(transaction, waterfall_source_kind, source_of(found.run)))
        if (booked.reverses.empty()) mirrors.push_back(fleet::ledger::reversal_of(booked, now_us, step.why));
    post(transaction, now_us, mirrors);
    return {find_run(transaction, step.asset, step.month).value(), {}};
}

}  // namespace

Stored<WaterfallOutcome> preview_waterfall(Database& database, const std::string& asset,
                                           const std::string& month, std::int64_t now_us) {
    return transact(database, [&](pqxx::work& transaction) -> WaterfallOutcome {
        transaction.exec("set transaction isolation level repeatable read, read only");
        auto draft = draft_waterfall(transaction, asset, month, now_us);
        if (!draft.refused.empty()) return refused(std::move(draft.refused));
        return {run_of(draft), {}};
    });
}

Stored<WaterfallOutcome> propose_waterfall(Database& database, const std::string& asset,
                                           const std::string& month, const std::string& by,
                                           std::int64_t now_us) {
    return refusing(database,
                    [&](pqxx::work& transaction) { return propose(transaction, asset, month, by, now_us); });
}

Stored<WaterfallOutcome> approve_waterfall(Database& database, const WaterfallStep& step,
                                           std::int64_t now_us) {
    return refusing(database, [&](pqxx::work& transaction) { return approve(transaction, step, now_us); });
}

Stored<WaterfallOutcome> post_waterfall(Database& database, const WaterfallStep& step, std::int64_t now_us) {
    return refusing(database, [&](pqxx::work& transaction) { return post_run(transaction, step, now_us); });
}

Stored<WaterfallOutcome> withdraw_waterfall(Database& database, const WaterfallStep& step,
                                            std::int64_t now_us) {
    return refusing(database, [&](pqxx::work& transaction) { return withdraw(transaction, step, now_us); });
}

Stored<WaterfallOutcome> reverse_waterfall(Database& database, const WaterfallStep& step,
                                           std::int64_t now_us) {
    return refusing(database, [&](pqxx::work& transaction) { return reverse(transaction, step, now_us); });
}

Stored<std::vector<WaterfallRun>> waterfall_runs(Database& database, const std::string& asset) {
    return transact(database, [&](pqxx::work& transaction) { return read_runs(transaction, asset); });
}

Stored<WaterfallOutcome> waterfall_run(Database& database, const std::string& asset,
                                       const std::string& month) {
    return transact(database, [&](pqxx::work& transaction) -> WaterfallOutcome {
        auto run = find_run(transaction, asset, month);
        if (!run) return refused(month + " was not proposed: hashyard waterfall propose");
        const auto draft = recompute(transaction, *run);
        if (!draft.refused.empty()) return refused(month + ": " + draft.refused);
        run->result = draft.result;
        run->costs = draft.input.costs;
        return {std::move(*run), {}};
    });
}

}  // namespace server::store
