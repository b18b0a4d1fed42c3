#pragma once
// The error codes of Stratum V2, by message. Clients must treat them as opaque texts; these are the ones that
// the reference implementation sends and its proxy counts. What a refused share is answered with stands in
// stratum/reject.h, column v2_code. Pure.

#include <array>
#include <string_view>

namespace stratum::v2 {

// SetupConnection.Error
namespace setup_error {
inline constexpr std::string_view unsupported_feature_flags = "unsupported-feature-flags";
inline constexpr std::string_view unsupported_protocol = "unsupported-protocol";
inline constexpr std::string_view protocol_version_mismatch = "protocol-version-mismatch";
inline constexpr std::string_view missing_declare_tx_data_flag = "missing-declare-tx-data-flag";
}  // namespace setup_error

// OpenMiningChannel.Error
namespace open_error {
inline constexpr std::string_view unknown_user = "unknown-user";
inline constexpr std::string_view invalid_user_identity = "invalid-user-identity";
inline constexpr std::string_view invalid_nominal_hashrate = "invalid-nominal-hashrate";
inline constexpr std::string_view max_target_out_of_range = "max-target-out-of-range";
inline constexpr std::string_view min_extranonce_size_too_large = "min-extranonce-size-too-large";
inline constexpr std::string_view unsupported_min_extranonce_size = "unsupported-min-extranonce-size";
inline constexpr std::string_view standard_channels_not_supported_for_custom_work =
    "standard-channels-not-supported-for-custom-work";
inline constexpr std::string_view extended_channels_not_supported_for_standard_jobs =
    "extended-channels-not-supported-for-standard-jobs";
inline constexpr std::string_view channel_capacity_exhausted = "channel-capacity-exhausted";
}  // namespace open_error

// UpdateChannel.Error
namespace update_error {
inline constexpr std::string_view invalid_channel_id = "invalid-channel-id";
inline constexpr std::string_view invalid_nominal_hashrate = "invalid-nominal-hashrate";
}  // namespace update_error

// SubmitShares.Error
namespace submit_error {
inline constexpr std::string_view invalid_channel_id = "invalid-channel-id";
inline constexpr std::string_view invalid_share = "invalid-share";
inline constexpr std::string_view stale_share = "stale-share";
inline constexpr std::string_view invalid_job_id = "invalid-job-id";
inline constexpr std::string_view difficulty_too_low = "difficulty-too-low";
inline constexpr std::string_view duplicate_share = "duplicate-share";
inline constexpr std::string_view bad_extranonce_size = "bad-extranonce-size";
inline constexpr std::string_view version_rolling_not_allowed = "version-rolling-not-allowed";
inline constexpr std::string_view invalid_non_rollable_version_bit = "invalid-non-rollable-version-bit";
// All that the reference proxy knows; any other it counts as unknown.
inline constexpr std::array<std::string_view, 9> all{
    invalid_channel_id,  invalid_share,      stale_share,
    invalid_job_id,      difficulty_too_low, duplicate_share,
    bad_extranonce_size, version_rolling_not_allowed,
    invalid_non_rollable_version_bit};
}  // namespace submit_error

// SetCustomMiningJob.Error
namespace custom_job_error {
inline constexpr std::string_view jd_not_supported = "jd-not-supported";
inline constexpr std::string_view invalid_channel_id = "invalid-channel-id";
inline constexpr std::string_view invalid_mining_job_token = "invalid-mining-job-token";
inline constexpr std::string_view job_not_yet_validated = "job-not-yet-validated";
inline constexpr std::string_view stale_chain_tip = "stale-chain-tip";
inline constexpr std::string_view invalid_min_ntime = "invalid-min-ntime";
inline constexpr std::string_view invalid_nbits = "invalid-nbits";
inline constexpr std::string_view invalid_version = "invalid-version";
inline constexpr std::string_view invalid_coinbase_tx = "invalid-coinbase-tx";
inline constexpr std::string_view invalid_coinbase_tx_version = "invalid-coinbase-tx-version";
inline constexpr std::string_view invalid_coinbase_prefix = "invalid-coinbase-prefix";
inline constexpr std::string_view invalid_coinbase_tx_input_n_sequence =
    "invalid-coinbase-tx-input-n-sequence";
inline constexpr std::string_view invalid_coinbase_tx_outputs = "invalid-coinbase-tx-outputs";
inline constexpr std::string_view invalid_coinbase_tx_locktime = "invalid-coinbase-tx-locktime";
inline constexpr std::string_view invalid_merkle_path = "invalid-merkle-path";
}  // namespace custom_job_error

// DeclareMiningJob.Error
namespace declare_error {
inline constexpr std::string_view invalid_mining_job_token = "invalid-mining-job-token";
inline constexpr std::string_view missing_txs = "missing-txs";
inline constexpr std::string_view invalid_coinbase_tx = "invalid-coinbase-tx";
inline constexpr std::string_view invalid_coinbase_tx_input = "invalid-coinbase-tx-input";
inline constexpr std::string_view internal_error = "internal-error";
inline constexpr std::string_view stale_chain_tip = "stale-chain-tip";
inline constexpr std::string_view invalid_job = "invalid-job";
}  // namespace declare_error

// RequestTransactionData.Error
namespace transaction_data_error {
inline constexpr std::string_view template_id_not_found = "template-id-not-found";
inline constexpr std::string_view stale_template_id = "stale-template-id";
}  // namespace transaction_data_error

}  // namespace stratum::v2
