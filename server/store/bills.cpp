#include "server/store/bills.h"

#include <tuple>

#include "fleet/ledger/calendar.h"
#include "server/store/ledger_posting.h"
#include "server/store/numbers.h"

namespace server::store {

namespace {

using fleet::ledger::Bill;
using fleet::ledger::CostKind;
using fleet::ledger::Transfer;

constexpr const char* source_kind = "bill";

void stage(pqxx::work& transaction, const std::vector<Bill>& bills) {
    transaction.exec(
        "drop table if exists staged_bills; create temporary table staged_bills (line integer, key text, "
        "invoice text, kind text, asset text, currency text, amount numeric, tax_code text, tax numeric, "
        "site text, energy_wh numeric, tariff_micro numeric, invoice_day date, accrual_day date, evidence "
        "text) on commit drop");
    static const std::vector<std::string> columns{
        "line", "key",  "invoice",   "kind",         "asset",       "currency",    "amount",  "tax_code",
        "tax",  "site", "energy_wh", "tariff_micro", "invoice_day", "accrual_day", "evidence"};
    auto stream = copy_into(transaction, "staged_bills", columns);
    std::int32_t line = 0;
    for (const auto& bill : bills)
        stream << std::make_tuple(
            line++, "supplier:" + bill.supplier, bill.invoice, std::string(name_of(bill.kind)), bill.asset,
            bill.currency, bill.amount.str(), bill.tax_code, bill.tax.str(), bill.site, bill.energy_wh.str(),
            bill.tariff_micro.str(), bill.invoice_day, bill.accrual_day, bill.evidence);
    stream.complete();
    transaction.exec(
        "analyze staged_bills; insert into parties (key) select distinct key from staged_bills on conflict "
        "do nothing");
}

constexpr const char* same_bill =
    "(b.kind, b.asset, b.currency, b.amount, b.tax_code, b.tax, b.site, b.energy_wh, b.tariff_micro, "
    "b.invoice_day, b.accrual_day, coalesce(encode(b.evidence, 'hex'), '')) is not distinct from (s.kind, "
    "s.asset, s.currency, s.amount, s.tax_code, s.tax, s.site, s.energy_wh, s.tariff_micro, s.invoice_day, "
    "s.accrual_day, s.evidence)";

// Queries that give the lines they refuse, and why.
std::vector<std::string> refusals() {
    return {
        "select s.line, 'the books have no asset ' || c.code from staged_bills s cross join lateral (values "
        "(s.asset), (s.currency)) c (code) where not exists (select from assets a where a.code = c.code)",
        "select s.line, s.asset || ' is no coin: a waterfall is made of coins' from staged_bills s join "
        "assets a on a.code = s.asset where a.kind <> 'coin'",
        "select s.line, 'a bill in ' || s.currency || ' is borne by ' || s.currency || ', not by ' || "
        "s.asset from staged_bills s join assets c on c.code = s.currency where c.kind = 'coin' and "
        "s.currency <> s.asset",
        "select s.line, 'energy times tariff is ' || trim_scale(round(s.energy_wh * s.tariff_micro * "
        "10::numeric ^ c.scale / 1e9, 2)) || ' before tax, the bill says ' || (s.amount - s.tax) from "
        "staged_bills s join assets c on c.code = s.currency where s.energy_wh > 0 and abs(s.energy_wh * "
        "s.tariff_micro * 10::numeric ^ c.scale - (s.amount - s.tax) * 1e9) >= 1e9",
        std::string("select s.line, 'invoice ' || s.invoice || ' stands in the books with another content "
                    "(bill ' || b.id || '): reverse that first' from staged_bills s join parties p on p.key "
                    "= s.key join bills b on b.supplier = p.id and b.invoice = s.invoice and b.active where "
                    "not (") +
            same_bill + ")",
        "select line, 'this invoice comes twice' from (select line, row_number() over (partition by key, "
        "invoice order by line) as nth from staged_bills) s where nth > 1",
    };
}

std::vector<RefusedBill> refused_of(pqxx::work& transaction) {
    std::string all;
    for (const auto& refusal : refusals()) all += (all.empty() ? "" : " union all ") + refusal;
    std::vector<RefusedBill> out;
    for (const auto& row : transaction.exec("select line, min(why) from (" + all +
                                            ") r (line, why) group by line order by line limit " +
                                            std::to_string(refused_bills_max)))
        out.push_back({row[0].as<std::size_t>(), row[1].as<std::string>()});
    return out;
}

Transfer transfer_of(const Bill& bill, std::int64_t id) {
    const auto source_id = std::to_string(id);
    Transfer transfer;
    transfer.id = fleet::ledger::transfer_id(source_kind, source_id, "bill", "");
    transfer.debit = {bill.currency, bill.kind == CostKind::electricity ? "power" : "operating", "",
                      bill.site};
    transfer.credit = {bill.currency, "payable", "supplier:" + bill.supplier, ""};
    transfer.amount = bill.amount;
    transfer.code = "bill";
    transfer.event_at_us = fleet::ledger::parse_day(bill.accrual_day).value();
    transfer.source_kind = source_kind;
    transfer.source_id = source_id;
    transfer.memo = bill.invoice;
    return transfer;
}

BillsAdded add_staged(pqxx::work& transaction, const std::vector<Bill>& bills, const std::string& by,
                      std::int64_t now_us) {
    BillsAdded outcome;
    outcome.refused = refused_of(transaction);
    if (!outcome.refused.empty()) return outcome;
    const auto added = transaction.exec_params(
        "with new_bills as (insert into bills (supplier, invoice, kind, asset, currency, amount, tax_code, "
        "tax, site, energy_wh, tariff_micro, invoice_day, accrual_day, evidence, entered_by) select p.id, "
        "s.invoice, s.kind, s.asset, s.currency, s.amount, s.tax_code, s.tax, s.site, s.energy_wh, "
        "s.tariff_micro, s.invoice_day, s.accrual_day, case when s.evidence = '' then null else "
        "decode(s.evidence, 'hex') end, $1 from staged_bills s join parties p on p.key = s.key where not "
        "exists (select from bills b where b.supplier = p.id and b.invoice = s.invoice and b.active) order "
        "by s.line returning id, supplier, invoice) select s.line, n.id from new_bills n join parties p on "
        "p.id = n.supplier join staged_bills s on s.key = p.key and s.invoice = n.invoice order by s.line",
        by);
    std::vector<Transfer> transfers;
    for (const auto& row : added)
        transfers.push_back(transfer_of(bills.at(row[0].as<std::size_t>()), row[1].as<std::int64_t>()));
    outcome.added = post(transaction, now_us, transfers);
    outcome.unchanged = bills.size() - outcome.added;
    return outcome;
}

constexpr const char* columns_of_bill =
    "b.id, substr(p.key, 10), b.invoice, b.kind, b.asset, b.currency, b.amount, b.tax_code, b.tax, b.site, "
    "b.energy_wh, b.tariff_micro, b.invoice_day::text, b.accrual_day::text, coalesce(encode(b.evidence, "
    "'hex'), ''), b.active, b.entered_by";

StoredBill bill_of(const pqxx::row& row) {
    StoredBill stored;
    stored.id = row[0].as<std::int64_t>();
    stored.bill = {row[1].as<std::string>(),
                   row[2].as<std::string>(),
                   fleet::ledger::parse_cost_kind(row[3].as<std::string>()).value(),
                   row[4].as<std::string>(),
                   row[5].as<std::string>(),
                   integer_of(row[6]),
                   row[7].as<std::string>(),
                   integer_of(row[8]),
                   row[9].as<std::string>(),
                   integer_of(row[10]),
                   integer_of(row[11]),
                   row[12].as<std::string>(),
                   row[13].as<std::string>(),
                   row[14].as<std::string>()};
    stored.active = row[15].as<bool>();
    stored.entered_by = row[16].as<std::string>();
    return stored;
}

}  // namespace

Stored<BillsAdded> add_bills(Database& database, const std::vector<Bill>& bills, const std::string& by,
                             std::int64_t now_us) {
    if (bills.empty()) return BillsAdded{};
    try {
        return transact(database, [&](pqxx::work& transaction) {
            // Whoever enters bills takes a turn, so what was checked still holds when it is stored.
            transaction.exec("lock table bills in share row exclusive mode");
            stage(transaction, bills);
            return add_staged(transaction, bills, by, now_us);
        });
    } catch (const std::exception& failure) {
        auto refusal = ledger_refusal_in(failure);
        if (!refusal) throw;
        BillsAdded outcome;
        outcome.refused.push_back({0, std::move(*refusal)});
        return outcome;
    }
}

Stored<std::vector<StoredBill>> bills(Database& database, const BillFilter& filter) {
    return transact(database, [&](pqxx::work& transaction) {
        std::vector<StoredBill> out;
        for (const auto& row : transaction.exec_params(
                 std::string("select ") + columns_of_bill +
                     " from bills b join parties p on p.id = b.supplier where ($1 = '' or "
                     "to_char(b.accrual_day, 'YYYY-MM') = $1) and ($2 = '' or p.key = 'supplier:' || $2) "
                     "order by b.accrual_day, b.id",
                 filter.month, filter.supplier))
            out.push_back(bill_of(row));
        return out;
    });
}

Stored<std::string> reverse_bill(Database& database, std::int64_t id, const std::string& by,
                                 const std::string& why, std::int64_t now_us) {
    try {
        return transact(database, [&](pqxx::work& transaction) -> std::string {
            transaction.exec("lock table bills in share row exclusive mode");
            const auto rows = transaction.exec_params("select active from bills where id = $1", id);
            if (rows.empty()) return "there is no bill " + std::to_string(id) + ": hashyard bill list";
            if (!rows[0][0].as<bool>()) return "bill " + std::to_string(id) + " is reversed already";
            transaction.exec_params(
                "update bills set active = false, reversed_by = $2, reversed_why = $3, reversed_at = "
                "to_timestamp($4::bigint / 1000000.0) where id = $1",
                id, by, why, now_us);
            lock_ledger(transaction);
            std::vector<Transfer> reversals;
            for (const auto& booked : transfers_of_source(transaction, source_kind, std::to_string(id)))
                if (booked.reverses.empty())
                    reversals.push_back(fleet::ledger::reversal_of(booked, now_us, why));
            post(transaction, now_us, reversals);
            return {};
        });
    } catch (const std::exception& failure) {
        auto refusal = ledger_refusal_in(failure);
        if (!refusal) throw;
        return std::move(*refusal);
    }
}

}  // namespace server::store
