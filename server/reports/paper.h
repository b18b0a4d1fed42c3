#pragma once
// A PDF statement by libhpdf: a page is a grid of letters, so the same rows give the same page. Not
// compressed and with fixed dates: the same bytes on any machine. Letters beyond Latin-1 become '?'. One
// thread.

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "fleet/statement/row.h"
#include "server/store/statement_rows.h"

namespace server::reports {

class Paper {
  public:
    explicit Paper(std::int64_t made_at_us);
    ~Paper();
    Paper(const Paper&) = delete;
    Paper& operator=(const Paper&) = delete;

    // A line of text; a page begins where one is full, with `heading` on top.
    void set_heading(const std::string& heading);
    void add(std::string_view line);
    void finish(const std::function<void(std::string_view)>& use);

  private:
    struct State;
    std::unique_ptr<State> state_;
};

struct PaperSums {
    fleet::statement::Signed received = 0;
    fleet::statement::Signed taken = 0;  // not negative
};
// The lines before the rows: number, party, span, and for each asset opening, received, taken, closing.
[[nodiscard]] std::vector<std::string> paper_head(const store::StatementHead& head, const std::string& number,
                                                  const std::map<std::string, PaperSums>& sums);
[[nodiscard]] std::string paper_columns();
[[nodiscard]] std::string paper_line(const fleet::statement::StatementRow& row);

}  // namespace server::reports
