#pragma once
// An XLSX file by libxlsxwriter: amounts are text, since Excel keeps 15 digits of a number. The library
// writes to a path, so the workbook stands in a temporary file until it is read back. One thread.

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "fleet/statement/table.h"

namespace server::reports {

class Workbook {
  public:
    // `made_at_us` stands in the document as its time.
    explicit Workbook(std::int64_t made_at_us);
    ~Workbook();
    Workbook(const Workbook&) = delete;
    Workbook& operator=(const Workbook&) = delete;

    // Rows go to the newest sheet; sheets are filled one after another.
    void add_sheet(const std::string& name, const fleet::statement::Columns& columns);
    void add(const fleet::statement::Line& line);
    // Once, at the end: the file in pieces.
    void finish(const std::function<void(std::string_view)>& use);

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace server::reports
