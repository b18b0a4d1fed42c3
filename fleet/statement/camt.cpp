#include "fleet/statement/bank_files.h"

namespace fleet::statement {

namespace {

// Limits of the ISO 20022 types Max35Text, Max140Text and Max500Text.
constexpr std::size_t id_max = 35;
constexpr std::size_t name_max = 140;
constexpr std::size_t information_max = 500;

std::string element(std::string_view name, std::string_view content) {
    return "<" + std::string(name) + ">" + std::string(content) + "</" + std::string(name) + ">";
}

std::string amount(const Signed& value, unsigned scale, const std::string& currency) {
    return "<Amt Ccy=\"" + xml_text(currency) + "\">" +
           decimal_text(value < 0 ? Signed(-value) : value, scale) + "</Amt>" +
           element("CdtDbtInd", value < 0 ? "DBIT" : "CRDT");
}

std::string balance(std::string_view code, const Signed& value, const BankHead& head, std::int64_t day_us) {
    return element("Bal", element("Tp", element("CdOrPrtry", element("Cd", code))) +
                              amount(value, head.scale, head.currency) +
                              element("Dt", element("Dt", iso_date(day_us)))) +
           "\n";
}

std::string total(std::string_view name, std::size_t rows, const Signed& sum, unsigned scale) {
    return element(name,
                   element("NbOfNtries", std::to_string(rows)) + element("Sum", decimal_text(sum, scale)));
}

// The id of a statement in 35 letters: its number without what a reader may stumble over.
std::string statement_id(const BankHead& head) {
    return std::to_string(head.party_id) + "-" + time_text(head.from_us, "YMD") + "-" +
           time_text(head.to_us, "YMD") + "-" + head.currency;
}

std::string begin(const BankHead& head) {
    const auto id = element("Id", cut(statement_id(head), id_max));
    const auto made = element("CreDtTm", iso_time(head.to_us));
    std::string out =
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
        "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.053.001.08\"><BkToCstmrStmt>\n";
    out += element("GrpHdr", element("MsgId", cut(statement_id(head), id_max)) + made) + "\n<Stmt>" + id +
           made +
           element("FrToDt",
                   element("FrDtTm", iso_time(head.from_us)) + element("ToDtTm", iso_time(head.to_us - 1))) +
           "\n";
    out += element("Acct", element("Id", element("Othr", element("Id", std::to_string(head.party_id)))) +
                               element("Ccy", xml_text(head.currency)) +
                               element("Ownr", element("Nm", xml_text(cut(head.party, name_max))))) +
           "\n";
    out += balance("OPBD", head.opening, head, head.from_us);
    out += balance("CLBD", closing_of(head), head, head.to_us - 1);
    out += element("TxsSummry", element("TtlNtries", element("NbOfNtries", std::to_string(head.rows_received +
                                                                                          head.rows_taken))) +
                                    total("TtlCdtNtries", head.rows_received, head.received, head.scale) +
                                    total("TtlDbtNtries", head.rows_taken, head.taken, head.scale)) +
           "\n";
    return out;
}

void append(std::string& out, const StatementRow& row) {
    const auto fiat = row.fiat.value_or(FiatValue{});
    const auto reference = xml_text(cut(row.transfer_id, id_max));
    const bool taken = row.amount < 0;
    const auto value = decimal_text(fiat.value < 0 ? Signed(-fiat.value) : fiat.value, fiat.scale);
    out += "<Ntry><Amt Ccy=\"" + xml_text(fiat.currency) + "\">" + value + "</Amt>";
    out += element("CdtDbtInd", taken ? "DBIT" : "CRDT");
    if (!row.reverses.empty()) out += "<RvslInd>true</RvslInd>";
    out += "<Sts><Cd>BOOK</Cd></Sts>" + element("BookgDt", element("DtTm", iso_time(row.booked_at_us))) +
           element("ValDt", element("DtTm", iso_time(row.event_at_us))) + element("AcctSvcrRef", reference) +
           element("BkTxCd", element("Prtry", element("Cd", xml_text(cut(row.code, id_max))))) +
           element("NtryDtls", element("TxDtls", element("Refs", element("AcctSvcrRef", reference)))) +
           element("AddtlNtryInf", xml_text(cut(description_of(row), information_max))) + "</Ntry>\n";
}

std::string end(const BankHead&) { return "</Stmt></BkToCstmrStmt></Document>\n"; }

}  // namespace

BankFormat camt_format() { return {"camt053", "xml", begin, append, end}; }

}  // namespace fleet::statement
