#pragma once
// Messages of the template distribution protocol (specification chapter 7). The server is the template
// provider. Plain structs; see message.h for parse and append.

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "stratum/bytes.h"
#include "stratum/uint256.h"
#include "stratum/v2/message.h"

namespace stratum::v2 {

struct CoinbaseOutputConstraints {  // client to server
    static constexpr std::string_view name = "CoinbaseOutputConstraints";
    static constexpr std::uint16_t extension = 0;
    static constexpr std::uint8_t type = 0x70;
    static constexpr bool channel_message = false;
    std::uint32_t coinbase_output_max_additional_size = 0;  // bytes
    std::uint16_t coinbase_output_max_additional_sigops = 0;
    static void fields(auto& self, auto& io) {
        io.u32(self.coinbase_output_max_additional_size);
        io.u16(self.coinbase_output_max_additional_sigops);
    }
};

struct NewTemplate {  // server to client
    static constexpr std::string_view name = "NewTemplate";
    static constexpr std::uint16_t extension = 0;
    static constexpr std::uint8_t type = 0x71;
    static constexpr bool channel_message = false;
    std::uint64_t template_id = 0;
    bool future_template = false;
    std::uint32_t version = 0;
    std::uint32_t coinbase_tx_version = 0;
    ByteView coinbase_prefix;  // start of the script
    std::uint32_t coinbase_tx_input_sequence = 0;
    std::uint64_t coinbase_tx_value_remaining = 0;  // sats for the client's outputs
    std::uint32_t coinbase_tx_outputs_count = 0;
    ByteView coinbase_tx_outputs;  // the outputs alone, without a count
    std::uint32_t coinbase_tx_locktime = 0;
    std::span<const Hash256> merkle_path;
    static void fields(auto& self, auto& io) {
        io.u64(self.template_id);
        io.boolean(self.future_template);
        io.u32(self.version);
        io.u32(self.coinbase_tx_version);
        io.b0_255(self.coinbase_prefix);
        io.u32(self.coinbase_tx_input_sequence);
        io.u64(self.coinbase_tx_value_remaining);
        io.u32(self.coinbase_tx_outputs_count);
        io.b0_64k(self.coinbase_tx_outputs);
        io.u32(self.coinbase_tx_locktime);
        io.seq0_255(self.merkle_path);
    }
};

// The specification calls it SetNewPrevHash, as it does another message of the mining protocol.
struct SetNewTemplatePrevHash {  // server to client
    static constexpr std::string_view name = "SetNewPrevHash";
    static constexpr std::uint16_t extension = 0;
    static constexpr std::uint8_t type = 0x72;
    static constexpr bool channel_message = false;
    std::uint64_t template_id = 0;
    Hash256 prev_hash;
    std::uint32_t header_timestamp = 0;
    std::uint32_t nbits = 0;
    Uint256 target;
    static void fields(auto& self, auto& io) {
        io.u64(self.template_id);
        io.u256(self.prev_hash);
        io.u32(self.header_timestamp);
        io.u32(self.nbits);
        io.u256(self.target);
    }
};

struct RequestTransactionData {  // client to server
    static constexpr std::string_view name = "RequestTransactionData";
    static constexpr std::uint16_t extension = 0;
    static constexpr std::uint8_t type = 0x73;
    static constexpr bool channel_message = false;
    std::uint64_t template_id = 0;
    static void fields(auto& self, auto& io) {
        io.u64(self.template_id);
    }
};

struct RequestTransactionDataSuccess {  // server to client
    static constexpr std::string_view name = "RequestTransactionData.Success";
    static constexpr std::uint16_t extension = 0;
    static constexpr std::uint8_t type = 0x74;
    static constexpr bool channel_message = false;
    std::uint64_t template_id = 0;
    ByteView excess_data;
    std::vector<ByteView> transaction_list;
    static void fields(auto& self, auto& io) {
        io.u64(self.template_id);
        io.b0_64k(self.excess_data);
        io.seq0_64k_b0_16m(self.transaction_list);
    }
};

struct RequestTransactionDataError {  // server to client
    static constexpr std::string_view name = "RequestTransactionData.Error";
    static constexpr std::uint16_t extension = 0;
    static constexpr std::uint8_t type = 0x75;
    static constexpr bool channel_message = false;
    std::uint64_t template_id = 0;
    std::string_view error_code;
    static void fields(auto& self, auto& io) {
        io.u64(self.template_id);
        io.str0_255(self.error_code);
    }
};

struct SubmitSolution {  // client to server
    static constexpr std::string_view name = "SubmitSolution";
    static constexpr std::uint16_t extension = 0;
    static constexpr std::uint8_t type = 0x76;
    static constexpr bool channel_message = false;
    std::uint64_t template_id = 0;
    std::uint32_t version = 0;
    std::uint32_t header_timestamp = 0;
    std::uint32_t header_nonce = 0;
    ByteView coinbase_tx;  // with witness
    static void fields(auto& self, auto& io) {
        io.u64(self.template_id);
        io.u32(self.version);
        io.u32(self.header_timestamp);
        io.u32(self.header_nonce);
        io.b0_64k(self.coinbase_tx);
    }
};

}  // namespace stratum::v2
