// Whole text files.
#pragma once

#include <string>
#include <string_view>

#include "model/error.h"

namespace weightproof {

// PathUnreadable and its like, as ReadWholeFile.
Result<std::string> ReadTextFile(const std::string& path);

// Old or new text, never half of it; not synced to the disk. PathUnwritable.
Status WriteTextFile(const std::string& path, std::string_view text);

}  // namespace weightproof
