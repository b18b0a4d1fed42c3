// `hashyard bill …`: suppliers' bills. Short visits to the database, also beside a running server. Main
// thread.

#include <CLI/CLI.hpp>

#include "server/commands/command_maker.h"
#include "server/commands/database_visit.h"
#include "server/commands/text_file.h"
#include "server/store/bills.h"

namespace server::commands {

namespace {

using fleet::ledger::Bill;

struct BillWords {
    Bill bill;
    std::string kind;
    std::string amount;
    std::string tax = "0";
    std::string energy = "0";
    std::string tariff = "0";
    std::string file;
    std::string month;
    std::string by;
    std::string why;
    std::int64_t id = 0;
};

int tell(const Visit& visit, const store::Stored<store::BillsAdded>& outcome, const std::string& file,
         const std::vector<std::size_t>& lines) {
    if (!outcome) return unavailable(visit, outcome.error());
    for (const auto& refused : outcome->refused)
        visit.error_out << file << (file.empty() ? "" : ":")
                        << (lines.empty() ? "" : std::to_string(lines[refused.row]) + ": ") << refused.text
                        << "\n";
    if (!outcome->refused.empty()) return failed(visit, "nothing was booked");
    visit.out << outcome->added << " booked, " << outcome->unchanged << " were there.\n";
    return 0;
}

int add_one(const Visit& visit, const BillWords& words) {
    auto bill = words.bill;
    bill.kind = fleet::ledger::parse_cost_kind(words.kind).value_or(fleet::ledger::CostKind::operating);
    const std::pair<const std::string*, fleet::ledger::Integer*> numbers[] = {
        {&words.amount, &bill.amount},
        {&words.tax, &bill.tax},
        {&words.energy, &bill.energy_wh},
        {&words.tariff, &bill.tariff_micro}};
    for (const auto& [text, number] : numbers) {
        const auto value = fleet::ledger::parse_base_units(*text);
        if (!value) return failed(visit, *text + " must be a whole number of at most 38 digits");
        *number = *value;
    }
    if (bill.invoice_day.empty()) bill.invoice_day = bill.accrual_day;
    if (bill.asset.empty()) bill.asset = "BTC";
    if (const auto wrong = wrong_in(bill); !wrong.empty()) return failed(visit, wrong);
    return visit_database(visit, [&](store::Database& database) {
        return tell(visit, store::add_bills(database, {bill}, words.by, wall_us()), "", {});
    });
}

int import_file(const Visit& visit, const BillWords& words) {
    const auto text = text_of_file(visit, words.file, fleet::ledger::csv_bytes_max);
    if (!text) return 1;
    const auto file = fleet::ledger::parse_bill_file(*text);
    for (const auto& problem : file.problems)
        visit.error_out << words.file << ":" << problem.line << ": " << problem.text << "\n";
    if (!file.problems.empty()) return failed(visit, "nothing was booked");
    return visit_database(visit, [&](store::Database& database) {
        return tell(visit, store::add_bills(database, file.bills, words.by, wall_us()), words.file,
                    file.lines);
    });
}

int list(const Visit& visit, const BillWords& words) {
    return visit_database(visit, [&](store::Database& database) {
        const auto all = store::bills(database, {words.month, words.bill.supplier});
        if (!all) return unavailable(visit, all.error());
        for (const auto& stored : *all) {
            const auto& bill = stored.bill;
            visit.out << stored.id << "  " << bill.accrual_day << "  " << name_of(bill.kind) << "  "
                      << bill.amount << " " << bill.currency << "  " << bill.supplier << " " << bill.invoice;
            if (bill.energy_wh != 0)
                visit.out << "  " << bill.energy_wh << " Wh at " << bill.tariff_micro << " micro/kWh";
            visit.out << (stored.active ? "" : "  reversed") << " (by " << stored.entered_by << ")\n";
        }
        if (all->empty()) visit.out << "No such bill: hashyard bill add, or import\n";
        return 0;
    });
}

int reverse(const Visit& visit, const BillWords& words) {
    return visit_database(visit, [&](store::Database& database) {
        const auto refused = store::reverse_bill(database, words.id, words.by, words.why, wall_us());
        if (!refused) return unavailable(visit, refused.error());
        if (!refused->empty()) return failed(visit, *refused);
        visit.out << "Bill " << words.id << " is reversed; its number is free again.\n";
        return 0;
    });
}

}  // namespace

void add_bill(const CommandMaker& maker) {
    auto* bill = maker.app.add_subcommand("bill", "Suppliers' bills: what a month of the waterfall costs");
    bill->require_subcommand(1);
    auto* add = bill->add_subcommand("add", "Enter one bill");
    const auto words = maker.visits<BillWords>(*add, add_one);
    add->add_option("supplier", words->bill.supplier, "Name")->required();
    add->add_option("invoice", words->bill.invoice, "Its number")->required();
    add->add_option("--kind", words->kind, "electricity or operating")
        ->required()
        ->check(CLI::IsMember({"electricity", "operating"}));
    add->add_option("--currency", words->bill.currency, "As USD")->required();
    add->add_option("--amount", words->amount, "In the smallest unit: 8765432 for 87,654.32; with tax")
        ->required();
    add->add_option("--accrual", words->bill.accrual_day, "Day it accrued (UTC), as 2026-10-31")->required();
    add->add_option("--asset", words->bill.asset, "Coin whose waterfall bears it; default: BTC");
    add->add_option("--invoice-date", words->bill.invoice_day, "Default: the day it accrued");
    add->add_option("--tax", words->tax, "Of the amount, in the smallest unit");
    add->add_option("--tax-code", words->bill.tax_code, "As the tax office names it");
    add->add_option("--site", words->bill.site, "Where");
    add->add_option("--wh", words->energy, "Energy in watt-hours; checked against the amount");
    add->add_option("--tariff", words->tariff, "Millionths of the currency for a kWh: 68500 for 0.0685");
    add->add_option("--evidence", words->bill.evidence, "SHA-256 of the document");
    add->add_option("--by", words->by, "Who enters it")->required();
    auto* import = bill->add_subcommand(
        "import", "All rows of a CSV file, or none: " + std::string(fleet::ledger::bill_file_header));
    const auto file = maker.visits<BillWords>(*import, import_file);
    import->add_option("file", file->file, "CSV")->required();
    import->add_option("--by", file->by, "Who enters them")->required();
    auto* listing = bill->add_subcommand("list", "Bills by the day they accrued");
    const auto filter = maker.visits<BillWords>(*listing, list);
    listing->add_option("--month", filter->month, "As 2026-10");
    listing->add_option("--supplier", filter->bill.supplier, "Name");
    auto* reversal = bill->add_subcommand("reverse", "Take a wrong bill back");
    const auto wrong = maker.visits<BillWords>(*reversal, reverse);
    reversal->add_option("id", wrong->id, "Its number in the list")->required();
    reversal->add_option("--why", wrong->why, "The reason")->required();
    reversal->add_option("--by", wrong->by, "Who says so")->required();
}

}  // namespace server::commands
