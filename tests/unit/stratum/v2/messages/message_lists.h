#pragma once
// Every Stratum V2 message there is, for tests that hold for all of them.

#include <cstdint>
#include <optional>

#include "stratum/v2/messages_common.h"
#include "stratum/v2/messages_declaration.h"
#include "stratum/v2/messages_mining.h"
#include "stratum/v2/messages_template.h"

namespace stratum::v2 {

template <class... Ms>
struct MessageList {
    static constexpr std::size_t size = sizeof...(Ms);
    // Calls visit(M{}) for each.
    static void each(auto&& visit) { (visit(Ms{}), ...); }
    // Calls visit(M{}) for the one with this key; false when there is none.
    static bool of(std::uint16_t extension, std::uint8_t type, auto&& visit) {
        return ((Ms::extension == extension && Ms::type == type && (visit(Ms{}), true)) || ...);
    }
};

using AllMessages =
    MessageList<SetupConnection, SetupConnectionSuccess, SetupConnectionError, ChannelEndpointChanged,
                Reconnect, RequestExtensions, RequestExtensionsSuccess, RequestExtensionsError,
                OpenStandardMiningChannel, OpenStandardMiningChannelSuccess, OpenMiningChannelError,
                OpenExtendedMiningChannel, OpenExtendedMiningChannelSuccess, NewMiningJob, UpdateChannel,
                UpdateChannelError, CloseChannel, SetExtranoncePrefix, SubmitSharesStandard,
                SubmitSharesExtended, SubmitSharesSuccess, SubmitSharesError, NewExtendedMiningJob,
                SetNewPrevHash, SetTarget, SetCustomMiningJob, SetCustomMiningJobSuccess,
                SetCustomMiningJobError, SetGroupChannel, AllocateMiningJobToken,
                AllocateMiningJobTokenSuccess, ProvideMissingTransactions, ProvideMissingTransactionsSuccess,
                DeclareMiningJob, DeclareMiningJobSuccess, DeclareMiningJobError, PushSolution,
                CoinbaseOutputConstraints, NewTemplate, SetNewTemplatePrevHash, RequestTransactionData,
                RequestTransactionDataSuccess, RequestTransactionDataError, SubmitSolution>;

}  // namespace stratum::v2
