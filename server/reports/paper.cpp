#include "server/reports/paper.h"

#include <hpdf.h>

#include <array>
#include <stdexcept>

namespace server::reports {

namespace {

// A4 lying down: 842 x 595 points; Courier is 0.6 wide.
constexpr float page_width = 842;
constexpr float page_height = 595;
constexpr float margin = 28;
constexpr float letter_points = 6.4F;
constexpr float line_points = 8.5F;
constexpr std::size_t letters_max = 204;  // (842 - 2 * 28) / (6.4 * 0.6)

std::string latin1(std::string_view text) {
    const std::string clean = fleet::statement::clean_text(text);
    std::string out;
    for (std::size_t i = 0; i < clean.size(); ++i) {
        const auto byte = static_cast<unsigned char>(clean[i]);
        if (byte < 0x80) {
            out += byte < 0x20 ? ' ' : clean[i];
        } else if (byte == 0xc2 || byte == 0xc3) {
            const auto next = static_cast<unsigned char>(clean[++i]);
            const unsigned letter = ((byte & 0x1fU) << 6) | (next & 0x3fU);
            out += letter < 0xa0 ? '?' : static_cast<char>(letter);
        } else if ((byte & 0xc0U) != 0x80) {
            out += '?';
        }
    }
    return out;
}

std::string padded(std::string_view text, std::size_t width, bool right = false) {
    std::string out(text.substr(0, width));
    out.insert(right ? 0 : out.size(), width - out.size(), ' ');
    return out;
}

HPDF_Date date_of(std::int64_t at_us) {
    const auto number = [&](std::string_view pattern) {
        return std::stoi(fleet::statement::time_text(at_us, pattern));
    };
    return {number("Y"), number("M"), number("D"), number("h"), number("m"), number("s"), 'Z', 0, 0};
}

}  // namespace

struct Paper::State {
    HPDF_Doc document = nullptr;
    HPDF_Font font = nullptr;
    HPDF_Page page = nullptr;
    float y = 0;
    int pages = 0;
    std::string heading;
    HPDF_STATUS failed = 0;

    State() = default;
    State(const State&) = delete;
    State& operator=(const State&) = delete;
    ~State() {
        if (document != nullptr) HPDF_Free(document);
    }
    void check() const {
        if (failed != 0 || document == nullptr)
            throw std::runtime_error("the PDF cannot be made: libhpdf error " + std::to_string(failed));
    }
    void write(std::string_view line) {
        const auto text = latin1(line).substr(0, letters_max);
        HPDF_Page_BeginText(page);
        HPDF_Page_TextOut(page, margin, y, text.c_str());
        HPDF_Page_EndText(page);
        y -= line_points;
    }
    void turn() {
        page = HPDF_AddPage(document);
        HPDF_Page_SetWidth(page, page_width);
        HPDF_Page_SetHeight(page, page_height);
        HPDF_Page_SetFontAndSize(page, font, letter_points);
        y = page_height - margin - line_points;
        ++pages;
        write(heading + "    page " + std::to_string(pages));
        y -= line_points;
        check();
    }
};

Paper::Paper(std::int64_t made_at_us) : state_(std::make_unique<State>()) {
    // The handler runs below C code, so it only notes: every later call of a document that failed does
    // nothing.
    state_->document = HPDF_New(
        [](HPDF_STATUS error, HPDF_STATUS, void* state) { static_cast<State*>(state)->failed = error; },
        state_.get());
    state_->check();
    const auto date = date_of(made_at_us);
    HPDF_SetInfoDateAttr(state_->document, HPDF_INFO_CREATION_DATE, date);
    HPDF_SetInfoDateAttr(state_->document, HPDF_INFO_MOD_DATE, date);
    HPDF_SetInfoAttr(state_->document, HPDF_INFO_PRODUCER, "Hashyard");
    state_->font = HPDF_GetFont(state_->document, "Courier", "WinAnsiEncoding");
    state_->check();
}

Paper::~Paper() = default;

void Paper::set_heading(const std::string& heading) { state_->heading = heading; }

void Paper::add(std::string_view line) {
    if (state_->page == nullptr || state_->y < margin) state_->turn();
    state_->write(line);
    state_->check();
}

void Paper::finish(const std::function<void(std::string_view)>& use) {
    if (state_->page == nullptr) state_->turn();
    HPDF_SaveToStream(state_->document);
    state_->check();
    HPDF_ResetStream(state_->document);
    std::array<HPDF_BYTE, 64 * 1024> piece{};
    for (HPDF_UINT32 left = HPDF_GetStreamSize(state_->document); left > 0;) {
        auto size = static_cast<HPDF_UINT32>(piece.size());
        HPDF_ReadFromStream(state_->document, piece.data(), &size);
        if (size == 0) throw std::runtime_error("the PDF cannot be read back");
        std::string text(size, '\0');
        for (HPDF_UINT32 i = 0; i < size; ++i) text[i] = static_cast<char>(piece[i]);
        use(text);
        left -= std::min(size, left);
    }
}

std::vector<std::string> paper_head(const store::StatementHead& head, const std::string& number,
                                    const std::map<std::string, PaperSums>& sums) {
    using fleet::statement::decimal_text;
    std::vector<std::string> out{"Statement " + number, "of " + head.party,
                                 "from " + fleet::statement::iso_time(head.from_us) + " to " +
                                     fleet::statement::iso_time(head.to_us) + ", booked amounts",
                                 ""};
    out.push_back(padded("asset", 8) + padded("opening balance", 30, true) + padded("received", 30, true) +
                  padded("taken", 30, true) + padded("closing balance", 30, true));
    for (const auto& [code, asset] : head.assets) {
        const auto sum = sums.find(code);
        const auto moved = sum == sums.end() ? PaperSums{} : sum->second;
        const auto cell = [&, scale = asset.scale](const fleet::statement::Signed& amount) {
            return padded(decimal_text(amount, scale), 30, true);
        };
        out.push_back(padded(code, 8) + cell(asset.opening) + cell(moved.received) + cell(moved.taken) +
                      cell(asset.opening + moved.received - moved.taken));
    }
    out.emplace_back();
    return out;
}

std::string paper_columns() {
    return padded("time (UTC)", 21) + padded("what", 16) + padded("amount", 26, true) + " " +
           padded("asset", 6) + padded("value", 18, true) + "  " + padded("block", 9) +
           padded("transfer", 33) + "hash of the run, or txid";
}

std::string paper_line(const fleet::statement::StatementRow& row) {
    const std::string value =
        row.fiat ? fleet::statement::decimal_text(row.fiat->value, row.fiat->scale) + " " + row.fiat->currency
                 : "";
    const std::string proof = row.payout ? row.payout->txid : row.block ? row.block->run_hash : "";
    return padded(fleet::statement::iso_time(row.event_at_us), 21) + padded(row.code, 16) +
           padded(fleet::statement::decimal_text(row.amount, row.scale), 26, true) + " " +
           padded(row.asset, 6) + padded(value, 18, true) + "  " +
           padded(row.block ? std::to_string(row.block->height) : "", 9) + padded(row.transfer_id, 33) +
           proof;
}

}  // namespace server::reports
