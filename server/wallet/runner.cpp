#include "server/wallet/runner.h"

#include <algorithm>

#include "fleet/payout/batch.h"
#include "server/store/ledger.h"
#include "server/store/payout_batches.h"
#include "server/wallet/payout_copy.h"
#include "server/wallet/restore_mark.h"

namespace server::wallet {

namespace {

using fleet::payout::BatchState;
using fleet::payout::Bytes;
using fleet::payout::check_payment;
using fleet::payout::ExpectedPayment;
using fleet::payout::parse_transaction;
using fleet::payout::Signatures;
using store::PayoutBatch;

constexpr std::int32_t buried_depth = 6;

StepOutcome problem(std::string text) { return {{}, std::move(text)}; }

// A step of the store: what was done, or why it was not.
StepOutcome told(const store::Stored<std::string>& refused, std::string did) {
    if (!refused) return problem(refused.error().reason);
    if (!refused->empty()) return problem(*refused);
    return {std::move(did), {}};
}

std::int64_t or_all(std::int64_t limit_sats) {
    return limit_sats == 0 ? fleet::payout::money_max_sats : limit_sats;
}

}  // namespace

Runner::Runner(store::Database& database, WalletRpc& rpc, const WalletOptions& options,
               stratum::Network network)
    : database_(database), client_(rpc, network), options_(options), network_(network) {}

store::PayoutSettings Runner::settings() const {
    store::PayoutSettings settings;
    settings.wallet = options_.account;
    settings.rules = {options_.threshold_sats, or_all(options_.payee_max_sats),
                      or_all(options_.batch_max_sats), options_.payees_max};
    settings.address_hold_us = std::chrono::microseconds(options_.address_hold).count();
    settings.network = network_;
    return settings;
}

ExpectedPayment Runner::expected(const PayoutBatch& batch) const {
    return {fleet::payout::outputs_of(batch.items), batch.change_script, batch.coins, options_.fee_max_sats,
            options_.fee_max_sats_per_vbyte};
}

std::string Runner::freeze(const std::string& reason, const std::string& detail) {
    const auto frozen = store::freeze_payouts(database_, reason, detail, "payouts");
    return frozen ? "payouts are frozen: " + detail : frozen.error().reason;
}

StepOutcome Runner::step(std::int64_t now_us, Plan plan) {
    const auto mark = store::payout_mark(database_);
    if (!mark) return problem(mark.error().reason);
    if (const auto why = why_not_trusted(options_.data_dir, *mark); !why.empty())
        return problem(freeze("restored", why));
    if (mark->epoch == 0)  // before the first signature, so that its loss is noticed ever after
        if (auto wrong = write_mark(options_.data_dir, *mark); !wrong.empty())
            return problem(std::move(wrong));
    const auto freezes = store::active_freezes(database_);
    if (!freezes) return problem(freezes.error().reason);
    const auto motion = freezes->empty() ? Motion::free : Motion::frozen;
    const auto batches = store::payout_batches(database_, store::Which::open);
    if (!batches) return problem(batches.error().reason);
    if (batches->empty() && plan == Plan::never) return {};
    if (const auto why = client_.why_not_ready(); !why.empty()) return problem(why);
    StepOutcome all;
    bool making = false;
    for (const auto& batch : *batches) {
        if (batch.wallet != options_.account) continue;
        making = making || batch.state == BatchState::reserved || batch.state == BatchState::built ||
                 batch.state == BatchState::fully_signed;
        auto one = advance(batch, motion, now_us);
        if (!one.did.empty()) all.did += (all.did.empty() ? "" : "; ") + one.did;
        if (!one.problem.empty()) all.problem += (all.problem.empty() ? "" : "; ") + one.problem;
    }
    if (making || plan == Plan::never) return all;
    if (motion == Motion::frozen) {
        if (all.problem.empty()) all.problem = "payouts are frozen: " + freezes->front().reason;
        return all;
    }
    auto started = start_batch(plan, now_us);
    if (!started.did.empty()) all.did += (all.did.empty() ? "" : "; ") + started.did;
    if (!started.problem.empty()) all.problem = started.problem;
    return all;
}

StepOutcome Runner::start_batch(Plan plan, std::int64_t now_us) {
    if (plan == Plan::when_due) {
        const auto last_us = store::last_payout_us(database_, options_.account);
        if (!last_us) return problem(last_us.error().reason);
        if (*last_us != 0 && now_us < *last_us + std::chrono::microseconds(options_.interval).count())
            return {};
    }
    const auto reserved = store::reserve_payout(database_, settings(), now_us);
    if (!reserved) return problem(reserved.error().reason);
    if (!reserved->refused.empty()) return problem(reserved->refused);
    if (reserved->batch.empty()) return {};
    return {"reserved " + reserved->batch, {}};
}

StepOutcome Runner::advance(const PayoutBatch& batch, Motion motion, std::int64_t now_us) {
    const bool frozen = motion == Motion::frozen;
    switch (batch.state) {
        case BatchState::reserved:
            return frozen ? StepOutcome{} : build(batch, now_us);
        case BatchState::built:
            if (frozen || batch.exported || options_.signing == Signing::psbt) return {};
            return sign(batch, now_us);
        case BatchState::fully_signed:
            return frozen ? StepOutcome{} : prepare(batch, now_us);
        case BatchState::broadcast:
            return send(batch, motion, now_us);
        case BatchState::unknown:
            return resolve(batch, motion, now_us);
        case BatchState::confirming:
            return watch(batch, now_us);
        case BatchState::settled:
        case BatchState::abandoned:
            break;
    }
    return {};
}

StepOutcome Runner::build(PayoutBatch batch, std::int64_t now_us) {
    const auto change = client_.new_change_script();
    if (!change) return problem(change.error().detail);
    batch.change_script = *change;
    const auto psbt = client_.fund(fleet::payout::outputs_of(batch.items), *change, options_.confirm_blocks);
    if (!psbt) return problem(psbt.error().detail);
    batch.psbt = *psbt;
    const auto parsed = fleet::payout::parse_psbt(*psbt);
    if (!parsed) return problem("the wallet's PSBT is not understood");
    for (std::size_t i = 0; i < parsed->spent.size(); ++i) {
        if (!parsed->spent[i]) return problem("the wallet's PSBT does not say what an input is worth");
        batch.coins.push_back(
            {parsed->unsigned_transaction.inputs[i].previous, parsed->spent[i]->amount_sats});
    }
    const auto verdict = check_payment(parsed->unsigned_transaction, expected(batch), Signatures::absent);
    if (!verdict.wrong.empty()) return problem("the wallet built another payment: " + verdict.wrong);
    return told(store::record_built(database_, batch, now_us), "built " + batch.id);
}

StepOutcome Runner::sign(const PayoutBatch& batch, std::int64_t now_us) {
    const auto psbt = client_.sign(batch.psbt);
    if (!psbt) return problem(psbt.error().detail);
    const auto wrong = import_signed(batch, *psbt, now_us);
    if (!wrong.empty()) return problem(wrong);
    return {"signed " + batch.id, {}};
}

std::string Runner::import_signed(const PayoutBatch& batch, const Bytes& psbt, std::int64_t now_us) {
    const auto parsed = fleet::payout::parse_psbt(psbt);
    if (!parsed) return "that is not a PSBT (BIP174, version 0)";
    const auto payment = check_payment(parsed->unsigned_transaction, expected(batch), Signatures::absent);
    if (!payment.wrong.empty()) return "the PSBT is not the batch's: " + payment.wrong;
    const auto raw_tx = client_.finish(psbt);
    if (!raw_tx) return raw_tx.error().detail;
    const auto transaction = parse_transaction(*raw_tx);
    if (!transaction) return "the signed transaction is not understood";
    const auto verdict = check_payment(*transaction, expected(batch), Signatures::present);
    if (!verdict.wrong.empty()) return "the signed transaction is another payment: " + verdict.wrong;
    auto with = batch;
    with.raw_tx = *raw_tx;
    with.txid = fleet::payout::txid_of(*transaction);
    with.fee_sats = verdict.fee_sats;
    with.change_sats = verdict.change_sats;
    const auto stored = store::record_signed(database_, with, now_us);
    return stored ? *stored : stored.error().reason;
}

// The copy goes away and the mark is written before anybody can see the transaction.
StepOutcome Runner::prepare(const PayoutBatch& batch, std::int64_t now_us) {
    const auto transaction = parse_transaction(batch.raw_tx);
    if (!transaction || fleet::payout::txid_of(*transaction) != batch.txid)
        return problem("the stored transaction of " + batch.id + " is not " + batch.txid);
    const auto verdict = check_payment(*transaction, expected(batch), Signatures::present);
    const auto sighting = client_.look(batch.txid);
    if (!sighting) return problem(sighting.error().detail);
    if (sighting->kind == Sighting::Kind::absent) {
        if (!verdict.wrong.empty()) return problem("the stored transaction is not sent: " + verdict.wrong);
        const auto refused = client_.test(batch.raw_tx, batch.txid);
        if (!refused) return problem(refused.error().detail);
        if (!refused->empty()) return problem("nodes would not take " + batch.txid + ": " + *refused);
    }
    const auto file = options_.data_dir / "payouts" / (batch.id + ".payout");
    if (auto wrong = write_whole(file, copy_text(batch)); !wrong.empty()) return problem(std::move(wrong));
    if (!options_.copy_command.empty()) {
        auto wrong = run_copy_command(options_.copy_command, file);
        if (!wrong.empty()) return problem(std::move(wrong));
    }
    const auto mark = store::payout_mark(database_);
    if (!mark) return problem(mark.error().reason);
    if (auto wrong = write_mark(options_.data_dir, *mark); !wrong.empty()) return problem(std::move(wrong));
    return move(batch, BatchState::broadcast, batch.txid, now_us);
}

StepOutcome Runner::move(const PayoutBatch& batch, BatchState to, const std::string& detail,
                         std::int64_t now_us) {
    return told(store::move_payout(database_, batch.id, to, detail, now_us),
                std::string(fleet::payout::name_of(to)) + " " + batch.id);
}

// The state said so before the call; whether the call was made is what the chain is asked first.
StepOutcome Runner::send(const PayoutBatch& batch, Motion motion, std::int64_t now_us) {
    const auto sighting = client_.look(batch.txid);
    if (!sighting) return problem(sighting.error().detail);
    if (sighting->kind != Sighting::Kind::absent) return seen(batch, *sighting, now_us);
    if (motion == Motion::frozen) return {};
    const auto txid = client_.send(batch.raw_tx);
    if (!txid || *txid != batch.txid) {
        const auto why = txid ? "the node calls it " + *txid : txid.error().detail;
        auto moved = move(batch, BatchState::unknown, why, now_us);
        if (moved.problem.empty()) moved.problem = why;
        return moved;
    }
    return move(batch, BatchState::confirming, "sent", now_us);
}

StepOutcome Runner::seen(const PayoutBatch& batch, const Sighting& sighting, std::int64_t now_us) {
    const bool conflicted = sighting.kind == Sighting::Kind::conflicted;
    const auto noted = store::note_seen(
        database_, batch.txid,
        conflicted ? -1 : std::min(sighting.depth, static_cast<std::int32_t>(options_.settle_depth)),
        sighting.block, now_us);
    if (!noted) return problem(noted.error().reason);
    if (!conflicted) return move(batch, BatchState::confirming, sighting.block, now_us);
    const auto why = "a transaction conflicts with payout " + batch.txid + ", " +
                     std::to_string(sighting.depth) + " blocks deep";
    if (batch.state != BatchState::unknown) {
        const auto moved = move(batch, BatchState::unknown, why, now_us);
        if (!moved.problem.empty()) return moved;
    }
    return problem(freeze("payout_conflict", why));
}

StepOutcome Runner::resolve(const PayoutBatch& batch, Motion motion, std::int64_t now_us) {
    const auto sighting = client_.look(batch.txid);
    if (!sighting) return problem(sighting.error().detail);
    if (sighting->kind != Sighting::Kind::absent) return seen(batch, *sighting, now_us);
    if (motion == Motion::frozen) return {};
    return move(batch, BatchState::broadcast, "the same bytes again", now_us);
}

StepOutcome Runner::watch(const PayoutBatch& batch, std::int64_t now_us) {
    const auto sighting = client_.look(batch.txid);
    if (!sighting) return problem(sighting.error().detail);
    if (sighting->kind == Sighting::Kind::absent)
        return move(batch, BatchState::unknown, "nodes no longer know it", now_us);
    if (sighting->kind == Sighting::Kind::conflicted) return seen(batch, *sighting, now_us);
    const auto noted = seen(batch, *sighting, now_us);
    if (!noted.problem.empty()) return noted;
    if (sighting->kind != Sighting::Kind::mined || sighting->depth < options_.settle_depth) return {};
    return told(store::settle_payout(database_, batch, now_us), "settled " + batch.id);
}

std::string Runner::abandon(const PayoutBatch& batch, const std::string& why, std::int64_t now_us) {
    auto proof = store::AbandonProof::none;
    if (!batch.txid.empty()) {
        const auto sighting = client_.look(batch.txid);
        if (!sighting) return sighting.error().detail;
        if (sighting->kind == Sighting::Kind::conflicted && sighting->depth >= buried_depth)
            proof = store::AbandonProof::conflict_is_buried;
    }
    const auto refused = store::abandon_payout(database_, batch.id, why, proof, now_us);
    return refused ? *refused : refused.error().reason;
}

std::string Runner::reconcile(std::int64_t /*now_us*/) {
    const auto before = store::wallet_books(database_, "BTC", options_.account);
    if (!before) return before.error().reason;
    const auto unspent = client_.unspent_sats();
    if (!unspent) return unspent.error().detail;
    const auto after = store::wallet_books(database_, "BTC", options_.account);
    if (!after) return after.error().reason;
    // Something moved meanwhile, or is being sent: the next time judges.
    if (before->uncertain || after->uncertain || before->expected != after->expected) return {};
    const auto held = std::to_string(*unspent);
    if (held == after->expected) {
        difference_.clear();
        return {};
    }
    auto difference = "the wallet holds " + held + ", the books say " + after->account + " less " +
                      after->in_flight + " in flight";
    // A block that matured a moment ago reaches wallet and books one after the other.
    const bool stays = difference == difference_;
    difference_ = difference;
    if (!stays) return {};
    return freeze("wallet_difference", difference);
}

}  // namespace server::wallet
