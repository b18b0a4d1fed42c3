#pragma once
// Messages of every Stratum V2 protocol: the setup of a connection (specification chapter 3.6) and the
// negotiation of extensions (extension 0x0001). Plain structs; see message.h for parse and append.

#include <cstdint>
#include <string_view>
#include <vector>

#include "stratum/bytes.h"
#include "stratum/v2/message.h"

namespace stratum::v2 {

enum class Protocol : std::uint8_t { mining = 0, job_declaration = 1, template_distribution = 2 };
inline constexpr std::uint16_t protocol_version = 2;  // the only one there is
// Flags of SetupConnection: what the client requires.
inline constexpr std::uint32_t mining_requires_standard_jobs = 1u << 0;
inline constexpr std::uint32_t mining_requires_work_selection = 1u << 1;
inline constexpr std::uint32_t mining_requires_version_rolling = 1u << 2;
inline constexpr std::uint32_t job_declaration_declare_tx_data = 1u << 0;
// Flags of SetupConnection.Success: what the server requires. Another table: never an echo of the request's.
inline constexpr std::uint32_t mining_requires_fixed_version = 1u << 0;
inline constexpr std::uint32_t mining_requires_extended_channels = 1u << 1;
inline constexpr std::uint16_t extension_negotiation = 0x0001;
inline constexpr std::uint16_t extension_worker_identity = 0x0002;  // tlv.h

struct SetupConnection {  // client to server, the first message
    static constexpr std::string_view name = "SetupConnection";
    static constexpr std::uint16_t extension = 0;
    static constexpr std::uint8_t type = 0x00;
    static constexpr bool channel_message = false;
    std::uint8_t protocol = 0;  // Protocol, or a number nobody knows
    std::uint16_t min_version = 0;
    std::uint16_t max_version = 0;
    std::uint32_t flags = 0;
    std::string_view endpoint_host;
    std::uint16_t endpoint_port = 0;
    std::string_view vendor;
    std::string_view hardware_version;
    std::string_view firmware;
    std::string_view device_id;
    static void fields(auto& self, auto& io) {
        io.u8(self.protocol);
        io.u16(self.min_version);
        io.u16(self.max_version);
        io.u32(self.flags);
        io.str0_255(self.endpoint_host);
        io.u16(self.endpoint_port);
        io.str0_255(self.vendor);
        io.str0_255(self.hardware_version);
        io.str0_255(self.firmware);
        io.str0_255(self.device_id);
    }
};

struct SetupConnectionSuccess {  // server to client
    static constexpr std::string_view name = "SetupConnection.Success";
    static constexpr std::uint16_t extension = 0;
    static constexpr std::uint8_t type = 0x01;
    static constexpr bool channel_message = false;
    std::uint16_t used_version = 0;
    std::uint32_t flags = 0;
    static void fields(auto& self, auto& io) {
        io.u16(self.used_version);
        io.u32(self.flags);
    }
};

struct SetupConnectionError {  // server to client, which then closes
    static constexpr std::string_view name = "SetupConnection.Error";
    static constexpr std::uint16_t extension = 0;
    static constexpr std::uint8_t type = 0x02;
    static constexpr bool channel_message = false;
    std::uint32_t flags = 0;  // the requested bits the server cannot meet; 0 for other reasons
    std::string_view error_code;
    static void fields(auto& self, auto& io) {
        io.u32(self.flags);
        io.str0_255(self.error_code);
    }
};

struct ChannelEndpointChanged {  // server to client
    static constexpr std::string_view name = "ChannelEndpointChanged";
    static constexpr std::uint16_t extension = 0;
    static constexpr std::uint8_t type = 0x03;
    static constexpr bool channel_message = true;
    std::uint32_t channel_id = 0;
    static void fields(auto& self, auto& io) {
        io.u32(self.channel_id);
    }
};

struct Reconnect {  // server to client
    static constexpr std::string_view name = "Reconnect";
    static constexpr std::uint16_t extension = 0;
    static constexpr std::uint8_t type = 0x04;
    static constexpr bool channel_message = false;
    std::string_view new_host;   // empty: the same
    std::uint16_t new_port = 0;  // 0: the same
    static void fields(auto& self, auto& io) {
        io.str0_255(self.new_host);
        io.u16(self.new_port);
    }
};

struct RequestExtensions {  // client to server
    static constexpr std::string_view name = "RequestExtensions";
    static constexpr std::uint16_t extension = extension_negotiation;
    static constexpr std::uint8_t type = 0x00;
    static constexpr bool channel_message = false;
    std::uint16_t request_id = 0;
    std::vector<std::uint16_t> requested_extensions;
    static void fields(auto& self, auto& io) {
        io.u16(self.request_id);
        io.seq0_64k(self.requested_extensions);
    }
};

struct RequestExtensionsSuccess {  // server to client
    static constexpr std::string_view name = "RequestExtensions.Success";
    static constexpr std::uint16_t extension = extension_negotiation;
    static constexpr std::uint8_t type = 0x01;
    static constexpr bool channel_message = false;
    std::uint16_t request_id = 0;
    std::vector<std::uint16_t> supported_extensions;  // of those requested
    static void fields(auto& self, auto& io) {
        io.u16(self.request_id);
        io.seq0_64k(self.supported_extensions);
    }
};

struct RequestExtensionsError {  // server to client
    static constexpr std::string_view name = "RequestExtensions.Error";
    static constexpr std::uint16_t extension = extension_negotiation;
    static constexpr std::uint8_t type = 0x02;
    static constexpr bool channel_message = false;
    std::uint16_t request_id = 0;
    std::vector<std::uint16_t> unsupported_extensions;
    std::vector<std::uint16_t> required_extensions;
    static void fields(auto& self, auto& io) {
        io.u16(self.request_id);
        io.seq0_64k(self.unsupported_extensions);
        io.seq0_64k(self.required_extensions);
    }
};

}  // namespace stratum::v2
