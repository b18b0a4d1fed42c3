#pragma once
// earnings.csv and payouts.csv, every column as the reference for accountants names it. Pure; any thread.

#include "fleet/statement/formats.h"

namespace fleet::statement {

[[nodiscard]] TableFormat earnings_format();
[[nodiscard]] TableFormat payouts_format();

}  // namespace fleet::statement
