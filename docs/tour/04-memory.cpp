// Chapter 4 of the tour: where a training step gets its memory, and what watches over it. Uses Elbow's library.
#include "04-memory.hpp"

#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <string>
#include <vector>

#include "autograd/autograd.hpp"
#include "autograd/memory.hpp"
#include "nn/nn.hpp"
#include "tests/allocation_counter.hpp"  // operator new, with a counter
#include "tour.hpp"

// ---- the life of a step ---------------------------------------------------------------------------------------------

/// A step of a net with these layers, as memory sees it: an activation for each layer on the way forward; on the way back a
/// gradient for each, after which the activation goes. `look` is called after each request and release.
template <class Memory, class Look> void step(Memory& memory, int layers, size_t bytes, Look look) {
  const auto filled = [&] {
    void* const block = memory.allocate(bytes);
    std::memset(block, 1, bytes);
    look();
    return block;
  };
  std::vector<void*> activations;
  for (int i = 0; i < layers; ++i) activations.push_back(filled());
  void* gradient = filled();
  for (; !activations.empty(); activations.pop_back()) {
    void* const next = filled();
    memory.release(gradient, bytes), memory.release(activations.back(), bytes);
    look();
    gradient = next;
  }
  memory.release(gradient, bytes);
  look();
}

inline void show_pool(const char* figures) {
  const size_t bytes = size_t{4} << 20;
  Pool pool;
  std::string trace;
  for (int i = 0, moment = 0; i < 3; ++i) {
    const size_t before = pool.from_system();
    step(pool, 8, bytes, [&] {
      trace += std::to_string(moment++) + " " + std::to_string(pool.in_use() >> 20) + " " +
               std::to_string(pool.from_system() * bytes >> 20) + "\n";
    });
    std::printf("step %d of 8 layers: %zu blocks from the system\n", i + 1, pool.from_system() - before);
  }
  if (figures)
    tour::draw(
        figures, "04-pool", 640, 320,
        "set key top left reverse Left; set yrange [0:56]; set xlabel 'requests and releases, three steps'\n"
        "set ylabel 'MB'; set xrange [0:]; set grid y lc rgb '#dddddd'\n$d << END\n" +
            trace +
            "END\n"
            "plot $d using 1:2 with fillsteps fs solid .2 lc rgb " +
            tour::blue +
            " notitle, "
            "$d using 1:2 with steps lw 2 lc rgb " +
            tour::blue +
            " title 'in use', "
            "$d using 1:3 with steps lw 2 lc rgb " +
            tour::red + " title 'taken from the system'\n");

  const auto microseconds = [&](auto& memory) {
    double least = INFINITY;
    for (int attempt = 0; attempt < 20; ++attempt) {
      const auto start = std::chrono::steady_clock::now();
      step(memory, 8, bytes, [] {});
      const std::chrono::duration<double, std::micro> time = std::chrono::steady_clock::now() - start;
      least = std::fmin(least, time.count());
    }
    return least;
  };
  System system;
  const double slow = microseconds(system), fast = microseconds(pool);
  std::printf("a step takes %.0f us with the system's memory, %.0f us with the pool's (measured)\n", slow,
              fast);
}

// ---- Elbow ----------------------------------------------------------------------------------------------------------

using namespace elbow;

inline void show_training() {
  RandomStream random(1, 0);
  Sequential net;
  net.emplace<Linear>(2, 32, random);
  net.emplace<ActivationLayer>("tanh");
  net.emplace<Linear>(32, 1, random);
  FlatParameters parameters(net);
  const auto adam = make_adam(parameters, {});
  const Tensor x = normal(random.next(), {256, 2});
  const Tensor y = sum(square(x), 1, /*keep=*/true);
  for (int i = 1; i <= 5; ++i) {
    const int64_t requests_before = test::allocations, blocks_before = memory_statistics().system_allocations;
    parameters.zero_gradients();
    Tape tape;
    const Tensor loss = squared_error(net(x), y);
    tape.backward(loss);
    adam->step(0.01);
    std::printf("training step %d: %ld calls of operator new, %ld blocks of the pool%s\n", i,
                long(test::allocations - requests_before),
                long(memory_statistics().system_allocations - blocks_before), i == 1 ? " (measured)" : "");
  }
}

/// What happens to the gradient when h is overwritten before the backward pass.
inline void overwritten(const char* what, const std::function<Tensor(const Tensor&)>& f) {
  const Tensor x = Tensor::full({3}, 0.5).set_requires_grad();
  Tape tape;
  Tensor h = x * 1;
  const Tensor y = sum(f(h));
  h.fill_(2);
  try {
    tape.backward(y);
    std::printf("%s: the gradient is %.4f\n", what, x.grad().at(0));
  } catch (const Error& error) { std::printf("%s: %s\n", what, error.what()); }
}

inline void show_versions() {
  overwritten("square(h)", [](const Tensor& h) { return square(h); });
  overwritten("tanh(h)", [](const Tensor& h) { return tanh(h); });
  overwritten("h + 1", [](const Tensor& h) { return h + 1; });
}

inline void show_release() {
  const int64_t start = memory_statistics().bytes_in_use;
  const Tensor x = Tensor::full({1 << 18}, 0.5).set_requires_grad();  // 1 MB
  const auto megabytes = [&] { return double(memory_statistics().bytes_in_use - start) / (1 << 20); };
  Tape tape;
  Tensor y = x;
  for (int i = 0; i < 20; ++i) y = square(y);
  y = sum(y);
  std::printf("20 squares: %.1f MB in use\n", megabytes());
  tape.backward(y);
  std::printf("after the backward pass: %.1f MB\n", megabytes());
  const Tensor small = Tensor::full({4}, 0.5).set_requires_grad();
  const Tensor loss = sum(square(tanh(small)) * 3);
  tape.print();
}

int main(int argc, char** argv) {
  show_pool(argc > 1 ? argv[1] : nullptr);
  show_training();
  show_versions();
  show_release();
  return 0;
}
