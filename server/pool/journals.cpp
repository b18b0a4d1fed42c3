#include "server/pool/journals.h"

#include <utility>

namespace server::pool {

JournalResult<std::unique_ptr<Journals>> Journals::open(JournalsOptions options) {
    auto folder = JournalFolder::open(options.folder);
    if (folder.has_error()) return folder.error();
    std::unique_ptr<Journals> journals(new Journals(std::move(*folder)));
    std::vector<unsigned> shards;
    for (unsigned shard = 0; shard < options.shards; ++shard) shards.push_back(shard);
    for (const auto left_over : shards_of(options.folder))
        if (left_over >= options.shards) shards.push_back(left_over);
    std::vector<JournalWriter*> writers;
    for (const auto shard : shards) {
        auto writer = JournalWriter::open(journals->folder_, shard, options.writer);
        if (writer.has_error()) return writer.error();
        writers.push_back(writer->get());
        journals->writers_.push_back(std::move(*writer));
    }
    journals->sync_ = std::make_unique<JournalSync>(std::move(writers), options.sync_interval);
    return journals;
}

}  // namespace server::pool
