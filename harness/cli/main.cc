#include "harness/cli/commands.h"

int main(int argc, char** argv) { return weightproof::Main(argc, argv); }
