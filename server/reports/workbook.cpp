#include "server/reports/workbook.h"

#include <unistd.h>
#include <xlsxwriter.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <fstream>
#include <stdexcept>

namespace server::reports {

namespace {

// What a double keeps exactly, and no money.
bool is_small_count(const fleet::statement::Cell& cell) {
    return cell.is_number && cell.unit.empty() && !cell.text.empty() && cell.text.size() <= 15 &&
           std::all_of(cell.text.begin(), cell.text.end(),
                       [](char letter) { return letter >= '0' && letter <= '9'; });
}

std::filesystem::path temporary_folder() {
    std::string name = (std::filesystem::temp_directory_path() / "hashyard-xlsx-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr)
        throw std::runtime_error("no temporary folder can be made in " +
                                 std::filesystem::temp_directory_path().string());
    return name;
}

}  // namespace

struct Workbook::State {
    std::filesystem::path folder = temporary_folder();
    std::string path = (folder / "workbook.xlsx").string();
    std::string temporary = folder.string();
    lxw_workbook* book = nullptr;
    lxw_worksheet* sheet = nullptr;
    lxw_row_t row = 0;

    State() = default;
    State(const State&) = delete;
    State& operator=(const State&) = delete;
    ~State() {
        if (book != nullptr) workbook_close(book);
        std::error_code ignored;
        std::filesystem::remove_all(folder, ignored);
    }
    void text(lxw_col_t column, const std::string& value) {
        if (const auto error = worksheet_write_string(sheet, row, column, value.c_str(), nullptr);
            error != LXW_NO_ERROR)
            throw std::runtime_error(std::string("the workbook cannot be written: ") + lxw_strerror(error));
    }
};

Workbook::Workbook(std::int64_t made_at_us) : state_(std::make_unique<State>()) {
    lxw_workbook_options options{};
    options.constant_memory = LXW_TRUE;
    options.tmpdir = state_->temporary.data();
    state_->book = workbook_new_opt(state_->path.c_str(), &options);
    if (state_->book == nullptr) throw std::runtime_error("the workbook cannot be made");
    lxw_doc_properties properties{};
    properties.created = made_at_us / 1'000'000;
    workbook_set_properties(state_->book, &properties);
}

Workbook::~Workbook() = default;

void Workbook::add_sheet(const std::string& name, const fleet::statement::Columns& columns) {
    state_->sheet = workbook_add_worksheet(state_->book, name.c_str());
    if (state_->sheet == nullptr) throw std::runtime_error("the workbook takes no sheet " + name);
    state_->row = 0;
    for (std::size_t i = 0; i < columns.size(); ++i) state_->text(static_cast<lxw_col_t>(i), columns[i]);
    ++state_->row;
}

void Workbook::add(const fleet::statement::Line& line) {
    for (std::size_t i = 0; i < line.size(); ++i) {
        const auto column = static_cast<lxw_col_t>(i);
        if (line[i].text.empty()) continue;
        if (is_small_count(line[i]))
            worksheet_write_number(state_->sheet, state_->row, column,
                                   static_cast<double>(std::stoll(line[i].text)), nullptr);
        else
            state_->text(column, fleet::statement::clean_text(line[i].text));
    }
    ++state_->row;
}

void Workbook::finish(const std::function<void(std::string_view)>& use) {
    const auto error = workbook_close(state_->book);
    state_->book = nullptr;
    if (error != LXW_NO_ERROR)
        throw std::runtime_error(std::string("the workbook cannot be written: ") + lxw_strerror(error));
    std::ifstream file(state_->path, std::ios::binary);
    std::array<char, 64 * 1024> piece{};
    while (file) {
        file.read(piece.data(), static_cast<std::streamsize>(piece.size()));
        use({piece.data(), static_cast<std::size_t>(file.gcount())});
    }
    if (!file.eof()) throw std::runtime_error("the workbook cannot be read back");
}

}  // namespace server::reports
