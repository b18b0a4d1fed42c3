#include "server/proof/desk.h"

#include <algorithm>
#include <chrono>
#include <fstream>
#include <iterator>

#include "server/log.h"
#include "server/random_bytes.h"
#include "server/store/proof_liabilities.h"
#include "server/store/proof_receipts.h"

namespace server::proof {

using fleet::proof::Hash;
using fleet::proof::hex_of;
using fleet::proof::leaf_of;
using fleet::proof::parse_signed_text;
using fleet::proof::parse_tree_head;
using fleet::proof::Parsed;
using fleet::proof::signed_text;
using fleet::proof::sum_root_of;
using fleet::proof::SumNode;
using fleet::proof::text_of;
using fleet::proof::TextError;
using fleet::proof::TreeHead;

namespace {

constexpr std::int64_t day_us = 86'400'000'000;
constexpr std::int64_t put_off_us = 3'600'000'000;
constexpr const char* away = "PostgreSQL does not answer";

prometheus::Gauge& gauge(prometheus::Registry& registry, const std::string& name, const std::string& help) {
    return prometheus::BuildGauge().Name(name).Help(help).Register(registry).Add({});
}

// The head in the data folder; `problem` when there is something else there.
std::optional<TreeHead> remembered(const std::filesystem::path& file, std::string& problem) {
    std::ifstream in(file, std::ios::binary);
    if (!in) return std::nullopt;
    const std::string text{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
    const auto read = parse_signed_text(text);
    const auto head = read ? parse_tree_head(read->text) : Parsed<TreeHead>(TextError{"it is not signed"});
    if (head) return *head;
    problem = file.string() + " is no signed tree head (" + head.error().what +
              "). Bring it back from a backup, or run hashyard proof adopt";
    return std::nullopt;
}

// What the database refuses is told like everything else: the other duties of the thread go on.
template <typename Work>
std::string told(Work work) {
    try {
        return work();
    } catch (const std::exception& failure) {
        return failure.what();
    }
}

std::string day_of(std::int64_t at_us) {
    const std::chrono::year_month_day day{std::chrono::sys_days(std::chrono::days(at_us / day_us))};
    char text[16];
    std::snprintf(text, sizeof text, "%04d-%02u-%02u", static_cast<int>(day.year()) % 10'000,
                  static_cast<unsigned>(day.month()), static_cast<unsigned>(day.day()));
    return text;
}

}  // namespace

Desk::Desk(store::Database& database, ProofOptions options, prometheus::Registry& registry)
    : database_(database),
      options_(std::move(options)),
      signed_(prometheus::BuildCounter()
                  .Name("hashyard_proof_signed_total")
                  .Help("Promises signed, by kind.")
                  .Register(registry)),
      slices_(
          gauge(registry, "hashyard_proof_log_slices", "Slices in the log of the last signed tree head.")),
      head_at_(gauge(registry, "hashyard_proof_head_timestamp_seconds",
                     "When the last tree head was signed, in seconds since 1970.")),
      refused_(gauge(registry, "hashyard_proof_log_refused",
                     "1 while the log does not extend the last signed head and nothing is signed.")) {
    for (const auto* kind : {"head", "bundle", "liabilities", "receipt"}) signed_.Add({{"kind", kind}});
}

// Key and log. Empty, or why there are none.
std::string Desk::open() {
    if (!key_) {
        auto opened = open_key(options_);
        if (!opened.key) return opened.problem;
        key_ = std::move(opened.key);
        log::info("proof_key", {{"public", hex_of(key_->public_key())}, {"made", opened.made}});
    }
    Hash fresh{};
    fill_random(fresh);
    const auto log = store::proof_log(database_, fresh);
    if (!log) return away;
    if (log->log != log_.log) {
        tree_ = {};
        last_leaf_.reset();
    }
    log_ = *log;
    return {};
}

// The heads that the log has to extend.
std::string Desk::remember_heads() {
    std::string problem;
    heads_.clear();
    if (const auto head = remembered(head_path(options_), problem)) heads_.push_back(*head);
    if (!problem.empty()) return problem;
    const auto stored = store::tree_heads(database_, 1);
    if (!stored) return away;
    for (const auto& head : *stored) heads_.push_back(head.head);
    // A tree that is past a head whose root it did not note has to be built again.
    for (const auto& head : heads_)
        if (head.size < tree_.size() && !roots_.contains(head.size)) tree_ = {};
    return {};
}

// Brings the tree to the log's end.
std::string Desk::follow_log() {
    for (int step = 0; step < log_steps_max; ++step) {
        const auto added = store::extend_proof_log(database_);
        if (!added) return away;
        if (*added < static_cast<std::size_t>(store::slices_per_step_max)) break;
    }
    if (tree_.size() != 0) {
        const auto last = store::log_leaves(database_, tree_.size() - 1, 1);
        if (!last) return away;
        if (last->empty() || last->front() != last_leaf_) tree_ = {};
    }
    if (tree_.size() == 0) roots_.clear();
    const auto note = [&] {
        for (const auto& head : heads_)
            if (head.size == tree_.size()) roots_[head.size] = tree_.root();
    };
    note();
    while (true) {
        const auto leaves = store::log_leaves(database_, tree_.size(), leaves_per_read_max);
        if (!leaves) return away;
        for (const auto& leaf : *leaves) {
            tree_.add(leaf);
            last_leaf_ = leaf;
            note();
        }
        if (leaves->size() < leaves_per_read_max) return {};
    }
}

std::string Desk::why_not_extended() const {
    for (const auto& head : heads_) {
        const auto what = "the last signed tree head is of " + std::to_string(head.size) + " slices";
        if (head.log != log_.name) return what + " in another log: this is another database";
        if (head.size > tree_.size())
            return what + ", the log has " + std::to_string(tree_.size()) +
                   ": the database is older than the data folder; signing goes on when the import has caught "
                   "up";
        const auto root = roots_.find(head.size);
        if (root == roots_.end() || root->second != head.root)
            return what +
                   ", and the log does not begin with them: it was forked. Bring the right database "
                   "back, or begin a new log with hashyard proof adopt";
    }
    return {};
}

std::string Desk::try_head(std::int64_t now_us) {
    if (auto problem = open(); !problem.empty()) return problem;
    if (auto problem = remember_heads(); !problem.empty()) return problem;
    if (auto problem = follow_log(); !problem.empty()) return problem;
    if (auto why = why_not_extended(); !why.empty()) {
        refused_.Set(1);
        return why;
    }
    refused_.Set(0);
    for (const auto& head : heads_) now_us = std::max(now_us, head.at_us + 1);
    store::SignedTreeHead head;
    head.head = {log_.name, tree_.size(), tree_.root(), now_us};
    head.text = signed_text(*key_, text_of(head.head));
    if (auto problem = write_durably(head_path(options_), text_of(head.text)); !problem.empty())
        return problem;
    roots_ = {{tree_.size(), tree_.root()}};
    if (!store::add_tree_head(database_, log_, head)) return away;
    signed_.Add({{"kind", "head"}}).Increment();
    slices_.Set(static_cast<double>(tree_.size()));
    head_at_.Set(static_cast<double>(now_us / 1'000'000));
    return {};
}

std::string Desk::try_bundles(std::int64_t now_us) {
    if (!key_ || refused_.Value() != 0) return {};
    const auto wanted = store::bundles_to_make(database_, bundles_per_step_max + put_off_us_.size());
    if (!wanted) return away;
    std::string problem;
    for (const auto& block : *wanted) {
        const auto again = put_off_us_.find(block);
        if (again != put_off_us_.end() && now_us < again->second) continue;
        const auto made = store::make_bundle(database_, block);
        if (!made) return away;
        if (!made->bundle) {
            put_off_us_[block] = now_us + put_off_us;
            problem = "block " + stratum::displayed(block.hash) + " has no bundle: " + made->refused;
            continue;
        }
        const auto text = text_of(signed_text(*key_, text_of(*made->bundle)));
        if (!store::add_bundle(database_, block, *made->bundle, text)) return away;
        put_off_us_.erase(block);
        signed_.Add({{"kind", "bundle"}}).Increment();
        log::info("block_bundle_signed", {{"block", stratum::displayed(block.hash)}, {"stage", block.stage}});
    }
    return problem;
}

std::string Desk::sign_day(const std::string& day, std::int64_t now_us) {
    auto found = store::liabilities_to_sign(database_, day);
    if (!found) return away;
    for (auto& one : *found) {
        store::SignedLiabilities out;
        out.seed = key_->derive("liabilities " + day + " " + one.head.asset);
        std::vector<SumNode> leaves;
        for (std::size_t place = 0; place < one.leaves.size(); ++place) {
            one.leaves[place].salt = store::liability_salt(out.seed, place);
            const auto leaf = leaf_of(one.leaves[place]);
            if (!leaf) return "what is owed to " + one.leaves[place].party + " does not fit";
            leaves.push_back(*leaf);
        }
        const auto root = sum_root_of(leaves);
        if (!root) return "what is owed in " + one.head.asset + " does not fit";
        one.head.at_us = now_us;
        one.head.leaves = leaves.size();
        one.head.total = root->sum;
        one.head.root = root->hash;
        out.text = signed_text(*key_, text_of(one.head));
        out.day = std::move(one);
        if (!store::add_liabilities(database_, out)) return away;
        signed_.Add({{"kind", "liabilities"}}).Increment();
    }
    return {};
}

std::string Desk::try_liabilities(std::int64_t now_us) {
    if (!key_ || refused_.Value() != 0) return {};
    for (int back = liability_days_max; back >= 1; --back)
        if (auto problem = sign_day(day_of(now_us - back * day_us), now_us); !problem.empty()) return problem;
    return {};
}

std::string Desk::try_receipts(std::int64_t now_us) {
    if (!options_.receipts || !key_ || refused_.Value() != 0) return {};
    const auto next = store::next_receipt_batch(database_, log_);
    if (!next) return away;
    if (!*next) return {};
    auto batch = **next;
    batch.at_us = now_us;
    if (!store::add_receipt_batch(database_, log_, batch, signed_text(*key_, text_of(batch)))) return away;
    signed_.Add({{"kind", "receipt"}}).Increment();
    return {};
}

std::string Desk::sign_head(std::int64_t now_us) {
    return told([&] { return try_head(now_us); });
}
std::string Desk::sign_bundles(std::int64_t now_us) {
    return told([&] { return try_bundles(now_us); });
}
std::string Desk::sign_liabilities(std::int64_t now_us) {
    return told([&] { return try_liabilities(now_us); });
}
std::string Desk::sign_receipts(std::int64_t now_us) {
    return told([&] { return try_receipts(now_us); });
}

std::string Desk::adopt(store::Database& database, const ProofOptions& options, const std::string& by,
                        const std::string& why) {
    std::error_code error;
    const auto file = head_path(options);
    Hash name{};
    fill_random(name);
    if (!store::begin_proof_log(database, name, by, why)) return away;
    if (!std::filesystem::exists(file, error)) return {};
    std::filesystem::rename(file, file.string() + "." + hex_of(name).substr(0, 8), error);
    return error ? "cannot move " + file.string() + " away: " + error.message() : std::string();
}

}  // namespace server::proof
