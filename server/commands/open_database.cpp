#include "server/commands/open_database.h"

#include <utility>

namespace server::commands {

boost::system::result<OpenDatabase, std::string> OpenDatabase::open(const store::StoreOptions& options,
                                                                    Guest guest) {
    OpenDatabase opened(guest);
    auto url = options.database_url;
    if (url.empty()) {
        store::EmbeddedClusterOptions cluster;
        cluster.data_dir = options.data_dir;
        cluster.user = options.embedded_user;
        auto started = store::EmbeddedCluster::start(cluster);
        if (started.has_error()) return started.error().reason;
        opened.cluster_ = std::move(*started);
        url = opened.cluster_->url();
    }
    opened.database_ = std::make_unique<store::Database>(url);
    return opened;
}

OpenDatabase::~OpenDatabase() {
    database_.reset();
    // Its destructor would stop the server; the process ends soon and leaves it to its owner.
    if (cluster_ && guest_ == Guest::visitor && cluster_->adopted()) static_cast<void>(cluster_.release());
}

}  // namespace server::commands
