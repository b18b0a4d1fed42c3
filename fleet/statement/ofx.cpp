#include "fleet/statement/bank_files.h"

namespace fleet::statement {

namespace {

// Limits of the OFX types.
constexpr std::size_t name_max = 32;
constexpr std::size_t memo_max = 255;

std::string ofx_time(std::int64_t at_us) { return time_text(at_us, "YMDhms") + "[0:GMT]"; }

std::string begin(const BankHead& head) {
    std::string out =
        "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"no\"?>\n"
        "<?OFX OFXHEADER=\"200\" VERSION=\"220\" SECURITY=\"NONE\" OLDFILEUID=\"NONE\" "
        "NEWFILEUID=\"NONE\"?>\n"
        "<OFX>\n<SIGNONMSGSRSV1><SONRS><STATUS><CODE>0</CODE><SEVERITY>INFO</SEVERITY></STATUS><DTSERVER>";
    out += ofx_time(head.to_us);
    out +=
        "</DTSERVER><LANGUAGE>ENG</LANGUAGE></SONRS></SIGNONMSGSRSV1>\n"
        "<BANKMSGSRSV1><STMTTRNRS><TRNUID>0</TRNUID><STATUS><CODE>0</CODE><SEVERITY>INFO</SEVERITY></"
        "STATUS>\n"
        "<STMTRS><CURDEF>";
    out += xml_text(head.currency);
    out += "</CURDEF><BANKACCTFROM><BANKID>HASHYARD</BANKID><ACCTID>" + std::to_string(head.party_id) +
           "</ACCTID><ACCTTYPE>CHECKING</ACCTTYPE></BANKACCTFROM>\n<BANKTRANLIST><DTSTART>" +
           ofx_time(head.from_us) + "</DTSTART><DTEND>" + ofx_time(head.to_us) + "</DTEND>\n";
    return out;
}

void append(std::string& out, const StatementRow& row) {
    const auto fiat = row.fiat.value_or(FiatValue{});
    out += "<STMTTRN><TRNTYPE>";
    out += row.amount > 0 ? "CREDIT" : "DEBIT";
    out += "</TRNTYPE><DTPOSTED>" + ofx_time(row.event_at_us) + "</DTPOSTED><TRNAMT>" +
           decimal_text(fiat.value, fiat.scale) + "</TRNAMT><FITID>" + xml_text(row.transfer_id) + "</FITID>";
    if (row.payout) {
        auto batch = row.payout->batch_id;
        std::erase(batch, '-');  // a UUID without them has the 32 letters of REFNUM
        out += "<REFNUM>" + xml_text(cut(batch, name_max)) + "</REFNUM>";
    }
    out += "<NAME>" + xml_text(cut(row.code, name_max)) + "</NAME><MEMO>" +
           xml_text(cut(description_of(row), memo_max)) + "</MEMO></STMTTRN>\n";
}

std::string end(const BankHead& head) {
    return "</BANKTRANLIST>\n<LEDGERBAL><BALAMT>" + decimal_text(closing_of(head), head.scale) +
           "</BALAMT><DTASOF>" + ofx_time(head.to_us) +
           "</DTASOF></LEDGERBAL></STMTRS></STMTTRNRS></BANKMSGSRSV1>\n</OFX>\n";
}

}  // namespace

void count_row(BankHead& head, const StatementRow& row) {
    const auto value = row.fiat ? row.fiat->value : Signed(0);
    if (row.amount > 0) {
        head.received += value;
        ++head.rows_received;
    } else {
        head.taken -= value;
        ++head.rows_taken;
    }
}

Signed closing_of(const BankHead& head) { return head.opening + head.received - head.taken; }

std::string cut(std::string_view text, std::size_t characters_max) {
    const std::string whole = clean_text(text);
    std::size_t characters = 0;
    for (std::size_t i = 0; i < whole.size(); ++i)
        if ((static_cast<unsigned char>(whole[i]) & 0xc0U) != 0x80 && ++characters > characters_max)
            return whole.substr(0, i);
    return whole;
}

BankFormat ofx_format() { return {"ofx", "ofx", begin, append, end}; }

}  // namespace fleet::statement
