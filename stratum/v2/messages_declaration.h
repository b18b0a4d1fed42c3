#pragma once
// Messages of the job declaration protocol (specification chapter 6.4). Plain structs; see message.h for
// parse and append.

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "stratum/bytes.h"
#include "stratum/v2/message.h"

namespace stratum::v2 {

struct AllocateMiningJobToken {  // client to server
    static constexpr std::string_view name = "AllocateMiningJobToken";
    static constexpr std::uint16_t extension = 0;
    static constexpr std::uint8_t type = 0x50;
    static constexpr bool channel_message = false;
    std::string_view user_identifier;
    std::uint32_t request_id = 0;
    static void fields(auto& self, auto& io) {
        io.str0_255(self.user_identifier);
        io.u32(self.request_id);
    }
};

struct AllocateMiningJobTokenSuccess {  // server to client
    static constexpr std::string_view name = "AllocateMiningJobToken.Success";
    static constexpr std::uint16_t extension = 0;
    static constexpr std::uint8_t type = 0x51;
    static constexpr bool channel_message = false;
    std::uint32_t request_id = 0;
    ByteView mining_job_token;
    ByteView coinbase_tx_outputs;  // CompactSize count, then the outputs
    static void fields(auto& self, auto& io) {
        io.u32(self.request_id);
        io.b0_255(self.mining_job_token);
        io.b0_64k(self.coinbase_tx_outputs);
    }
};

struct ProvideMissingTransactions {  // server to client
    static constexpr std::string_view name = "ProvideMissingTransactions";
    static constexpr std::uint16_t extension = 0;
    static constexpr std::uint8_t type = 0x55;
    static constexpr bool channel_message = false;
    std::uint32_t request_id = 0;
    std::vector<std::uint16_t> unknown_tx_position_list;  // from 0, the coinbase not counted
    static void fields(auto& self, auto& io) {
        io.u32(self.request_id);
        io.seq0_64k(self.unknown_tx_position_list);
    }
};

struct ProvideMissingTransactionsSuccess {  // client to server
    static constexpr std::string_view name = "ProvideMissingTransactions.Success";
    static constexpr std::uint16_t extension = 0;
    static constexpr std::uint8_t type = 0x56;
    static constexpr bool channel_message = false;
    std::uint32_t request_id = 0;
    std::vector<ByteView> transaction_list;
    static void fields(auto& self, auto& io) {
        io.u32(self.request_id);
        io.seq0_64k_b0_16m(self.transaction_list);
    }
};

struct DeclareMiningJob {  // client to server
    static constexpr std::string_view name = "DeclareMiningJob";
    static constexpr std::uint16_t extension = 0;
    static constexpr std::uint8_t type = 0x57;
    static constexpr bool channel_message = false;
    std::uint32_t request_id = 0;
    ByteView mining_job_token;
    std::uint32_t version = 0;
    ByteView coinbase_tx_prefix;  // with marker and flag
    ByteView coinbase_tx_suffix;  // with witness
    std::span<const Hash256> wtxid_list;
    ByteView excess_data;
    static void fields(auto& self, auto& io) {
        io.u32(self.request_id);
        io.b0_255(self.mining_job_token);
        io.u32(self.version);
        io.b0_64k(self.coinbase_tx_prefix);
        io.b0_64k(self.coinbase_tx_suffix);
        io.seq0_64k(self.wtxid_list);
        io.b0_64k(self.excess_data);
    }
};

struct DeclareMiningJobSuccess {  // server to client
    static constexpr std::string_view name = "DeclareMiningJob.Success";
    static constexpr std::uint16_t extension = 0;
    static constexpr std::uint8_t type = 0x58;
    static constexpr bool channel_message = false;
    std::uint32_t request_id = 0;
    ByteView new_mining_job_token;
    static void fields(auto& self, auto& io) {
        io.u32(self.request_id);
        io.b0_255(self.new_mining_job_token);
    }
};

struct DeclareMiningJobError {  // server to client
    static constexpr std::string_view name = "DeclareMiningJob.Error";
    static constexpr std::uint16_t extension = 0;
    static constexpr std::uint8_t type = 0x59;
    static constexpr bool channel_message = false;
    std::uint32_t request_id = 0;
    std::string_view error_code;
    ByteView error_details;
    static void fields(auto& self, auto& io) {
        io.u32(self.request_id);
        io.str0_255(self.error_code);
        io.b0_64k(self.error_details);
    }
};

struct PushSolution {  // client to server
    static constexpr std::string_view name = "PushSolution";
    static constexpr std::uint16_t extension = 0;
    static constexpr std::uint8_t type = 0x60;
    static constexpr bool channel_message = false;
    ByteView extranonce;  // all of it
    Hash256 prev_hash;
    std::uint32_t nonce = 0;
    std::uint32_t ntime = 0;
    std::uint32_t nbits = 0;
    std::uint32_t version = 0;
    static void fields(auto& self, auto& io) {
        io.b0_32(self.extranonce);
        io.u256(self.prev_hash);
        io.u32(self.nonce);
        io.u32(self.ntime);
        io.u32(self.nbits);
        io.u32(self.version);
    }
};

}  // namespace stratum::v2
