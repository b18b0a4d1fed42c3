#pragma once
// Messages of the mining protocol (specification chapter 5.3). Plain structs; see message.h for parse and
// append. Reading the SubmitShares* messages and writing their answers is the share path: it does not
// allocate.

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "stratum/bytes.h"
#include "stratum/uint256.h"
#include "stratum/v2/message.h"

namespace stratum::v2 {

struct OpenStandardMiningChannel {  // client to server
    static constexpr std::string_view name = "OpenStandardMiningChannel";
    static constexpr std::uint16_t extension = 0;
    static constexpr std::uint8_t type = 0x10;
    static constexpr bool channel_message = false;
    std::uint32_t request_id = 0;
    std::string_view user_identity;
    float nominal_hash_rate = 0;  // hashes per second; 0: not known
    Uint256 max_target;  // the easiest the client can take
    static void fields(auto& self, auto& io) {
        io.u32(self.request_id);
        io.str0_255(self.user_identity);
        io.hash_rate(self.nominal_hash_rate);
        io.u256(self.max_target);
    }
};

struct OpenStandardMiningChannelSuccess {  // server to client
    static constexpr std::string_view name = "OpenStandardMiningChannel.Success";
    static constexpr std::uint16_t extension = 0;
    static constexpr std::uint8_t type = 0x11;
    static constexpr bool channel_message = false;
    std::uint32_t request_id = 0;
    std::uint32_t channel_id = 0;
    Uint256 target;
    ByteView extranonce_prefix;
    std::uint32_t group_channel_id = 0;
    static void fields(auto& self, auto& io) {
        io.u32(self.request_id);
        io.u32(self.channel_id);
        io.u256(self.target);
        io.b0_32(self.extranonce_prefix);
        io.u32(self.group_channel_id);
    }
};

struct OpenMiningChannelError {  // server to client
    static constexpr std::string_view name = "OpenMiningChannel.Error";
    static constexpr std::uint16_t extension = 0;
    static constexpr std::uint8_t type = 0x12;
    static constexpr bool channel_message = false;
    std::uint32_t request_id = 0;
    std::string_view error_code;
    static void fields(auto& self, auto& io) {
        io.u32(self.request_id);
        io.str0_255(self.error_code);
    }
};

struct OpenExtendedMiningChannel {  // client to server
    static constexpr std::string_view name = "OpenExtendedMiningChannel";
    static constexpr std::uint16_t extension = 0;
    static constexpr std::uint8_t type = 0x13;
    static constexpr bool channel_message = false;
    std::uint32_t request_id = 0;
    std::string_view user_identity;
    float nominal_hash_rate = 0;  // hashes per second; 0: not known
    Uint256 max_target;                     // the easiest the client can take
    std::uint16_t min_extranonce_size = 0;  // bytes
    static void fields(auto& self, auto& io) {
        io.u32(self.request_id);
        io.str0_255(self.user_identity);
        io.hash_rate(self.nominal_hash_rate);
        io.u256(self.max_target);
        io.u16(self.min_extranonce_size);
    }
};

struct OpenExtendedMiningChannelSuccess {  // server to client
    static constexpr std::string_view name = "OpenExtendedMiningChannel.Success";
    static constexpr std::uint16_t extension = 0;
    static constexpr std::uint8_t type = 0x14;
    static constexpr bool channel_message = false;
    std::uint32_t request_id = 0;
    std::uint32_t channel_id = 0;
    Uint256 target;
    std::uint16_t extranonce_size = 0;  // bytes the client rolls
    ByteView extranonce_prefix;
    std::uint32_t group_channel_id = 0;
    static void fields(auto& self, auto& io) {
        io.u32(self.request_id);
        io.u32(self.channel_id);
        io.u256(self.target);
        io.u16(self.extranonce_size);
        io.b0_32(self.extranonce_prefix);
        io.u32(self.group_channel_id);
    }
};

struct NewMiningJob {  // server to client, for standard channels
    static constexpr std::string_view name = "NewMiningJob";
    static constexpr std::uint16_t extension = 0;
    static constexpr std::uint8_t type = 0x15;
    static constexpr bool channel_message = true;
    std::uint32_t channel_id = 0;
    std::uint32_t job_id = 0;
    std::optional<std::uint32_t> min_ntime;  // absent: a future job
    std::uint32_t version = 0;
    Hash256 merkle_root;
    static void fields(auto& self, auto& io) {
        io.u32(self.channel_id);
        io.u32(self.job_id);
        io.option(self.min_ntime);
        io.u32(self.version);
        io.u256(self.merkle_root);
    }
};

struct UpdateChannel {  // client to server
    static constexpr std::string_view name = "UpdateChannel";
    static constexpr std::uint16_t extension = 0;
    static constexpr std::uint8_t type = 0x16;
    static constexpr bool channel_message = true;
    std::uint32_t channel_id = 0;
    float nominal_hash_rate = 0;  // hashes per second; 0: not known
    Uint256 maximum_target;
    static void fields(auto& self, auto& io) {
        io.u32(self.channel_id);
        io.hash_rate(self.nominal_hash_rate);
        io.u256(self.maximum_target);
    }
};

struct UpdateChannelError {  // server to client
    static constexpr std::string_view name = "UpdateChannel.Error";
    static constexpr std::uint16_t extension = 0;
    static constexpr std::uint8_t type = 0x17;
    static constexpr bool channel_message = true;
    std::uint32_t channel_id = 0;
    std::string_view error_code;
    static void fields(auto& self, auto& io) {
        io.u32(self.channel_id);
        io.str0_255(self.error_code);
    }
};

struct CloseChannel {  // both ways
    static constexpr std::string_view name = "CloseChannel";
    static constexpr std::uint16_t extension = 0;
    static constexpr std::uint8_t type = 0x18;
    static constexpr bool channel_message = true;
    std::uint32_t channel_id = 0;
    std::string_view reason_code;
    static void fields(auto& self, auto& io) {
        io.u32(self.channel_id);
        io.str0_255(self.reason_code);
    }
};

struct SetExtranoncePrefix {  // server to client
    static constexpr std::string_view name = "SetExtranoncePrefix";
    static constexpr std::uint16_t extension = 0;
    static constexpr std::uint8_t type = 0x19;
    static constexpr bool channel_message = true;
    std::uint32_t channel_id = 0;
    ByteView extranonce_prefix;
    static void fields(auto& self, auto& io) {
        io.u32(self.channel_id);
        io.b0_32(self.extranonce_prefix);
    }
};

struct SubmitSharesStandard {  // client to server, hot
    static constexpr std::string_view name = "SubmitSharesStandard";
    static constexpr std::uint16_t extension = 0;
    static constexpr std::uint8_t type = 0x1a;
    static constexpr bool channel_message = true;
    std::uint32_t channel_id = 0;
    std::uint32_t sequence_number = 0;  // the client's own count; informational
    std::uint32_t job_id = 0;
    std::uint32_t nonce = 0;
    std::uint32_t ntime = 0;
    std::uint32_t version = 0;  // the whole field, rolled bits included
    static void fields(auto& self, auto& io) {
        io.u32(self.channel_id);
        io.u32(self.sequence_number);
        io.u32(self.job_id);
        io.u32(self.nonce);
        io.u32(self.ntime);
        io.u32(self.version);
    }
};

struct SubmitSharesExtended {  // client to server, hot
    static constexpr std::string_view name = "SubmitSharesExtended";
    static constexpr std::uint16_t extension = 0;
    static constexpr std::uint8_t type = 0x1b;
    static constexpr bool channel_message = true;
    std::uint32_t channel_id = 0;
    std::uint32_t sequence_number = 0;  // the client's own count; informational
    std::uint32_t job_id = 0;
    std::uint32_t nonce = 0;
    std::uint32_t ntime = 0;
    std::uint32_t version = 0;  // the whole field, rolled bits included
    ByteView extranonce;      // exactly extranonce_size bytes of the channel
    ByteView extension_area;  // TLV fields, see tlv.h; may be empty
    static void fields(auto& self, auto& io) {
        io.u32(self.channel_id);
        io.u32(self.sequence_number);
        io.u32(self.job_id);
        io.u32(self.nonce);
        io.u32(self.ntime);
        io.u32(self.version);
        io.b0_32(self.extranonce);
        io.rest(self.extension_area);
    }
};

struct SubmitSharesSuccess {  // server to client, hot
    static constexpr std::string_view name = "SubmitShares.Success";
    static constexpr std::uint16_t extension = 0;
    static constexpr std::uint8_t type = 0x1c;
    static constexpr bool channel_message = true;
    std::uint32_t channel_id = 0;
    std::uint32_t last_sequence_number = 0;
    std::uint32_t new_submits_accepted_count = 0;  // since the previous Success
    std::uint64_t new_shares_sum = 0;  // difficulty since the previous Success: AcceptedShares counts it
    static void fields(auto& self, auto& io) {
        io.u32(self.channel_id);
        io.u32(self.last_sequence_number);
        io.u32(self.new_submits_accepted_count);
        io.u64(self.new_shares_sum);
    }
};

struct SubmitSharesError {  // server to client, hot
    static constexpr std::string_view name = "SubmitShares.Error";
    static constexpr std::uint16_t extension = 0;
    static constexpr std::uint8_t type = 0x1d;
    static constexpr bool channel_message = true;
    std::uint32_t channel_id = 0;
    std::uint32_t sequence_number = 0;
    std::string_view error_code;
    static void fields(auto& self, auto& io) {
        io.u32(self.channel_id);
        io.u32(self.sequence_number);
        io.str0_255(self.error_code);
    }
};

struct NewExtendedMiningJob {  // server to client
    static constexpr std::string_view name = "NewExtendedMiningJob";
    static constexpr std::uint16_t extension = 0;
    static constexpr std::uint8_t type = 0x1f;
    static constexpr bool channel_message = true;
    std::uint32_t channel_id = 0;  // of a channel or a group
    std::uint32_t job_id = 0;
    std::optional<std::uint32_t> min_ntime;  // absent: a future job
    std::uint32_t version = 0;
    bool version_rolling_allowed = false;
    std::span<const Hash256> merkle_path;
    ByteView coinbase_tx_prefix;  // without marker and flag
    ByteView coinbase_tx_suffix;  // without witness
    static void fields(auto& self, auto& io) {
        io.u32(self.channel_id);
        io.u32(self.job_id);
        io.option(self.min_ntime);
        io.u32(self.version);
        io.boolean(self.version_rolling_allowed);
        io.seq0_255(self.merkle_path);
        io.b0_64k(self.coinbase_tx_prefix);
        io.b0_64k(self.coinbase_tx_suffix);
    }
};

struct SetNewPrevHash {  // server to client
    static constexpr std::string_view name = "SetNewPrevHash";
    static constexpr std::uint16_t extension = 0;
    static constexpr std::uint8_t type = 0x20;
    static constexpr bool channel_message = true;
    std::uint32_t channel_id = 0;  // of a channel or a group
    std::uint32_t job_id = 0;  // a future job already sent
    Hash256 prev_hash;
    std::uint32_t min_ntime = 0;
    std::uint32_t nbits = 0;
    static void fields(auto& self, auto& io) {
        io.u32(self.channel_id);
        io.u32(self.job_id);
        io.u256(self.prev_hash);
        io.u32(self.min_ntime);
        io.u32(self.nbits);
    }
};

struct SetTarget {  // server to client
    static constexpr std::string_view name = "SetTarget";
    static constexpr std::uint16_t extension = 0;
    static constexpr std::uint8_t type = 0x21;
    static constexpr bool channel_message = true;
    std::uint32_t channel_id = 0;  // of a channel or a group
    Uint256 maximum_target;
    static void fields(auto& self, auto& io) {
        io.u32(self.channel_id);
        io.u256(self.maximum_target);
    }
};

struct SetCustomMiningJob {  // client to server
    static constexpr std::string_view name = "SetCustomMiningJob";
    static constexpr std::uint16_t extension = 0;
    static constexpr std::uint8_t type = 0x22;
    static constexpr bool channel_message = true;
    std::uint32_t channel_id = 0;
    std::uint32_t request_id = 0;
    ByteView mining_job_token;
    std::uint32_t version = 0;
    Hash256 prev_hash;
    std::uint32_t min_ntime = 0;
    std::uint32_t nbits = 0;
    std::uint32_t coinbase_tx_version = 0;
    ByteView coinbase_prefix;  // start of the script, before the extranonce
    std::uint32_t coinbase_tx_input_n_sequence = 0;
    ByteView coinbase_tx_outputs;  // CompactSize count, then the outputs
    std::uint32_t coinbase_tx_locktime = 0;
    std::span<const Hash256> merkle_path;
    static void fields(auto& self, auto& io) {
        io.u32(self.channel_id);
        io.u32(self.request_id);
        io.b0_255(self.mining_job_token);
        io.u32(self.version);
        io.u256(self.prev_hash);
        io.u32(self.min_ntime);
        io.u32(self.nbits);
        io.u32(self.coinbase_tx_version);
        io.b0_255(self.coinbase_prefix);
        io.u32(self.coinbase_tx_input_n_sequence);
        io.b0_64k(self.coinbase_tx_outputs);
        io.u32(self.coinbase_tx_locktime);
        io.seq0_255(self.merkle_path);
    }
};

struct SetCustomMiningJobSuccess {  // server to client
    static constexpr std::string_view name = "SetCustomMiningJob.Success";
    static constexpr std::uint16_t extension = 0;
    static constexpr std::uint8_t type = 0x23;
    static constexpr bool channel_message = true;
    std::uint32_t channel_id = 0;
    std::uint32_t request_id = 0;
    std::uint32_t job_id = 0;
    static void fields(auto& self, auto& io) {
        io.u32(self.channel_id);
        io.u32(self.request_id);
        io.u32(self.job_id);
    }
};

struct SetCustomMiningJobError {  // server to client
    static constexpr std::string_view name = "SetCustomMiningJob.Error";
    static constexpr std::uint16_t extension = 0;
    static constexpr std::uint8_t type = 0x24;
    static constexpr bool channel_message = true;
    std::uint32_t channel_id = 0;
    std::uint32_t request_id = 0;
    std::string_view error_code;
    static void fields(auto& self, auto& io) {
        io.u32(self.channel_id);
        io.u32(self.request_id);
        io.str0_255(self.error_code);
    }
};

struct SetGroupChannel {  // server to client
    static constexpr std::string_view name = "SetGroupChannel";
    static constexpr std::uint16_t extension = 0;
    static constexpr std::uint8_t type = 0x25;
    static constexpr bool channel_message = false;
    std::uint32_t group_channel_id = 0;
    std::vector<std::uint32_t> channel_ids;
    static void fields(auto& self, auto& io) {
        io.u32(self.group_channel_id);
        io.seq0_64k(self.channel_ids);
    }
};

}  // namespace stratum::v2
