#include "tests/simulators/v2_rules.h"

#include <algorithm>

#include "stratum/v2/error_codes.h"

namespace simulators {

namespace {

using stratum::ByteReader;

bool begins_with(const stratum::Bytes& bytes, const stratum::Bytes& beginning) {
    return bytes.size() >= beginning.size() && std::equal(beginning.begin(), beginning.end(), bytes.begin());
}

}  // namespace

void Violations::add(std::string text) {
    if (texts_.size() < texts_max) texts_.push_back(std::move(text));
    ++count_;
}

std::string coinbase_fault(stratum::ByteView whole, std::size_t prefix_bytes, std::size_t extranonce_bytes) {
    ByteReader in(whole);
    in.le32();  // version
    const std::uint64_t inputs = in.compact_size();
    if (inputs == 0) return "the coinbase has the marker of a witness";
    if (inputs != 1) return "the coinbase has not one input";
    const auto outpoint = in.bytes(36);
    const bool null = in.ok() &&
                      std::all_of(outpoint.begin(), outpoint.begin() + 32, [](auto b) { return b == 0; }) &&
                      std::all_of(outpoint.begin() + 32, outpoint.end(), [](auto b) { return b == 0xff; });
    if (!null) return "the coinbase's input is not null";
    const std::uint64_t script_bytes = in.compact_size();
    if (!in.ok() || script_bytes < 2 || script_bytes > 100)
        return "the coinbase's script has no legal length";
    const std::size_t script_start = whole.size() - in.left();
    in.bytes(script_bytes);
    if (prefix_bytes < script_start || prefix_bytes + extranonce_bytes > script_start + script_bytes)
        return "the extranonce does not stand inside the coinbase's script";
    in.le32();  // sequence
    const std::uint64_t outputs = in.compact_size();
    if (!in.ok() || outputs == 0) return "the coinbase has no outputs";
    for (std::uint64_t i = 0; i < outputs && in.ok(); ++i) {
        in.le64();
        in.bytes(in.compact_size());
    }
    in.le32();  // lock time
    if (!in.ok()) return "the coinbase ends too early";
    if (in.left() != 0) return "bytes stand behind the coinbase";
    return {};
}

bool Prefixes::add(const stratum::Bytes& prefix) {
    const auto after = kept_.lower_bound(prefix);
    if (after != kept_.end() && begins_with(*after, prefix)) return false;
    // Kept prefixes do not overlap, so the only one that could begin this one is its neighbour.
    if (after != kept_.begin() && begins_with(prefix, *std::prev(after))) return false;
    kept_.insert(after, prefix);
    return true;
}

bool is_known_submit_error(std::string_view code) {
    const auto& all = stratum::v2::submit_error::all;
    return std::find(all.begin(), all.end(), code) != all.end();
}

}  // namespace simulators
