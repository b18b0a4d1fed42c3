#include "server/node/node_client.h"

#include <array>

namespace server::node {
namespace {

// Two letters at once: a block of 1.6 MB becomes hex in about a millisecond, on the way to the node.
std::array<std::array<char, 2>, 256> make_hex_pairs() {
    std::array<std::array<char, 2>, 256> out;
    constexpr std::string_view letters = "0123456789abcdef";
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = {letters[i >> 4], letters[i & 15]};
    return out;
}

}  // namespace

const std::string& OutgoingBlock::hex() {
    static const auto pairs = make_hex_pairs();
    if (!hex_.empty()) return hex_;
    hex_.resize(bytes_.size() * 2);
    auto* to = hex_.data();
    for (const auto byte : bytes_) {
        *to++ = pairs[byte][0];
        *to++ = pairs[byte][1];
    }
    return hex_;
}

const char* name_of(NodeFailure failure) {
    switch (failure) {
        case NodeFailure::unreachable:
            return "unreachable";
        case NodeFailure::silent:
            return "silent";
        case NodeFailure::unauthorized:
            return "unauthorized";
        case NodeFailure::warming_up:
            return "warming_up";
        case NodeFailure::downloading:
            return "downloading";
        case NodeFailure::without_peers:
            return "without_peers";
        case NodeFailure::not_found:
            return "not_found";
        case NodeFailure::refused:
            return "refused";
        case NodeFailure::not_understood:
            return "not_understood";
        case NodeFailure::bad_template:
            return "bad_template";
        case NodeFailure::no_provider:
            return "no_provider";
        case NodeFailure::closed:
            break;
    }
    return "closed";
}

}  // namespace server::node
