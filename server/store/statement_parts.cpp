#include "server/store/statement_parts.h"

#include <algorithm>
#include <set>
#include <tuple>

#include "fleet/payout/transaction.h"
#include "server/store/numbers.h"

namespace server::store {

namespace {

using fleet::statement::BlockPart;
using fleet::statement::PayoutPart;
using fleet::statement::Signed;

struct BlockName {
    std::string coin;
    std::string hash;  // as people read it
};

// Of a block's source_id: coin:hash:generation.
std::optional<BlockName> block_name(const PageRow& row) {
    if (row.source_kind != "block") return std::nullopt;
    const auto first = row.source_id.find(':');
    const auto last = row.source_id.rfind(':');
    if (first == std::string::npos || last - first != 65) return std::nullopt;
    return BlockName{row.source_id.substr(0, first), row.source_id.substr(first + 1, 64)};
}

// The bytes of a displayed hash in the order the database keeps them, for a bytea array.
std::string stored_order(const std::string& displayed) {
    std::string out = "\\x";
    for (std::size_t i = displayed.size(); i >= 2; i -= 2) out += displayed.substr(i - 2, 2);
    return out;
}

// The party's part of the pool's fee for an amount of the run, rounded down.
void share_fee(BlockPart& block, const PageRow& row, const Signed& run_fee, const Signed& distributable) {
    const auto& amount = row.row.amount;
    if (row.reward_code == "fee_override") {
        block.pool_fee = -amount;
        block.gross = 0;
        return;
    }
    const bool reward = row.reward_code == "reward_subsidy" || row.reward_code == "reward_fees";
    if (reward && distributable != 0) {
        const Signed size = amount < 0 ? Signed(-amount) : amount;
        const Signed fee = run_fee * size / distributable;
        block.pool_fee = amount < 0 ? Signed(-fee) : fee;
    }
    block.gross = amount + block.pool_fee;
}

std::string mature_id(const PageRow& row) {
    return fleet::ledger::transfer_id("block", row.source_id, "mature", row.row.party);
}

// Which of the page's rewards had become available by the end of the span.
std::set<std::string> matured(pqxx::work& transaction, const StatementQuery& query,
                              const std::vector<PageRow>& page) {
    std::vector<std::string> ids;
    for (const auto& row : page)
        if (row.source_kind == "block") ids.push_back(mature_id(row));
    std::set<std::string> out;
    for (const auto& row : transaction.exec_params("select replace(t.id::text, '-', '') from transfers t "
                                                   "where t.id = any($1::uuid[]) and (case when "
                                                   "$2 = '' then t.event_at_us < $3 else t.period <= $2 end)",
                                                   array_text(ids), query.span.last_period, query.span.to_us))
        out.insert(row[0].as<std::string>());
    return out;
}

struct RunLine {
    BlockPart block;
    Signed fee;
    Signed distributable;
};
using LineKey = std::tuple<std::string, std::string>;  // displayed hash, user

std::map<LineKey, RunLine> read_lines(pqxx::work& transaction, const std::vector<PageRow>& page) {
    std::set<std::string> hashes;
    std::set<std::string> users;
    for (const auto& row : page)
        if (const auto block = block_name(row)) {
            hashes.insert(block->hash);
            users.insert(row.user);
            users.insert(fleet::statement::name_of_party(row.row.party));
        }
    std::map<LineKey, RunLine> out;
    if (hashes.empty()) return out;
    std::vector<std::string> stored;
    for (const auto& hash : hashes) stored.push_back(stored_order(hash));
    for (const auto& row : transaction.exec_params(
             "select split_part(block_source(b.coin, b.hash, 1), ':', 2), coalesce(u.name, ''), b.height, "
             "k.rule ->> 'scheme', r.rule, coalesce(l.weight, 0), r.window_weight, r.run, "
             "encode(r.output_hash, 'hex'), r.fee, r.distributable from blocks b join payout_runs r on "
             "r.coin "
             "= b.coin and r.block_hash = b.hash and r.rule = b.rule join payout_rules k on k.version = "
             "r.rule left join (payout_lines l join users u on u.id = l.user_id and u.name = "
             "any($2::text[])) on l.run = r.run where b.hash = any($1::bytea[])",
             array_text(stored), array_text({users.begin(), users.end()}))) {
        RunLine line;
        line.block.height = row[2].as<std::int64_t>();
        line.block.hash = row[0].as<std::string>();
        line.block.scheme = row[3].as<std::string>("");
        line.block.rule_version = row[4].as<std::int64_t>();
        line.block.weight = row[5].as<std::string>();
        line.block.weight_total = row[6].as<std::string>();
        line.block.run_id = row[7].as<std::int64_t>();
        line.block.run_hash = row[8].as<std::string>();
        line.fee = Signed(row[9].as<std::string>());
        line.distributable = Signed(row[10].as<std::string>());
        out.insert_or_assign({line.block.hash, row[1].as<std::string>()}, line);
    }
    return out;
}

// The lowest output that pays the script.
std::optional<std::uint32_t> output_of(const fleet::payout::Bytes& raw, const fleet::payout::Bytes& script) {
    const auto transaction = fleet::payout::parse_transaction(raw);
    if (!transaction) return std::nullopt;
    for (std::size_t i = 0; i < transaction->outputs.size(); ++i)
        if (transaction->outputs[i].script == script) return static_cast<std::uint32_t>(i);
    return std::nullopt;
}

bool is_payout(const PageRow& row) { return row.source_kind == "payout" && row.row.code == "payout"; }

bool is_uuid(const std::string& text) {
    return text.size() == 36 && text.find_first_not_of("0123456789abcdef-") == std::string::npos;
}

std::optional<std::int64_t> instant(const pqxx::field& field) {
    if (field.is_null()) return std::nullopt;
    return field.as<std::int64_t>();
}

}  // namespace

void add_blocks(pqxx::work& transaction, const StatementQuery& query, std::vector<PageRow>& page) {
    const auto lines = read_lines(transaction, page);
    if (lines.empty()) return;
    const auto mature = matured(transaction, query, page);
    for (auto& row : page) {
        const auto name = block_name(row);
        if (!name) continue;
        auto line = lines.find({name->hash, row.user});
        if (line == lines.end())
            line = lines.find({name->hash, fleet::statement::name_of_party(row.row.party)});
        if (line == lines.end()) continue;
        BlockPart block = line->second.block;
        block.status = row.taken_back ? "reversed" : mature.contains(mature_id(row)) ? "mature" : "immature";
        share_fee(block, row, line->second.fee, line->second.distributable);
        row.row.block = std::move(block);
    }
}

void add_payouts(pqxx::work& transaction, const StatementQuery& query, std::vector<PageRow>& page) {
    std::vector<std::string> batches;
    for (const auto& row : page)
        if (is_payout(row) && is_uuid(row.source_id)) batches.push_back(row.source_id);
    std::map<std::string, PayoutPart> parts;
    // The transaction's fee is shared over its payments so that the parts add up to it.
    for (
        const auto& row : transaction.exec_params(
            "select b.batch::text, coalesce(b.txid, ''), coalesce(encode(b.raw_tx, 'hex'), ''), "
            "encode(p.script, 'hex'), b.fee * p.rank / p.payments - b.fee * (p.rank - 1) / p.payments, "
            "coalesce((select a.address from payee_addresses a where a.party = $2 and a.script = p.script "
            "order by a.id desc limit 1), encode(p.script, 'hex')), (select min(e.at_us) from payout_events "
            "e "
            "where e.batch = b.batch and e.state = 'broadcast'), (select min(e.at_us) from payout_events e "
            "where e.batch = b.batch and e.state = 'confirming') from payout_batches b join (select i.batch, "
            "i.script, o.party, row_number() over w as rank, count(*) over (partition by i.batch) as "
            "payments "
            "from payout_items i join obligations o on o.id = i.obligation where i.batch = any($1::uuid[]) "
            "window w as (partition by i.batch order by o.party, o.id)) p on p.batch = b.batch where p.party "
            "= $2",
            array_text(batches), query.party)) {
        PayoutPart part;
        part.batch_id = row[0].as<std::string>();
        part.method = "onchain";
        part.txid = row[1].as<std::string>();
        part.output = output_of(bytes_of(row[2]), bytes_of(row[3]));
        part.network_fee = Signed(row[4].as<std::string>("0"));
        part.address = row[5].as<std::string>();
        part.fee_payer = "pool";
        part.broadcast_at_us = instant(row[6]);
        part.confirmed_at_us = instant(row[7]);
        part.status = "settled";
        parts.insert_or_assign(part.batch_id, std::move(part));
    }
    for (auto& row : page) {
        if (!is_payout(row)) continue;
        auto& payout = row.row.payout.emplace();
        payout.batch_id = row.source_id;
        payout.status = "settled";
        if (const auto part = parts.find(row.source_id); part != parts.end()) payout = part->second;
        payout.statement_no = row.row.period + "/" + row.row.party;
    }
}

}  // namespace server::store
