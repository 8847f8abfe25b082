// Tensors by themselves: shapes, elements, views, what is refused and with which words, printing, and the pool.
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <functional>
#include <thread>
#include <type_traits>

#include "autograd/alias.hpp"
#include "autograd/memory.hpp"
#include "autograd/tensor.hpp"

using namespace elbow;
using boost::test_tools::per_element;

namespace {

auto saying(const std::string& part) {
  return [part](const Error& e) { return std::string(e.what()).find(part) != std::string::npos; };
}

}  // namespace

BOOST_AUTO_TEST_CASE(shapes) {
  const Shape s{2, 3, 4};
  BOOST_TEST(s.rank() == 3);
  BOOST_TEST(s.numel() == 24);
  BOOST_TEST(Shape{}.numel() == 1);
  BOOST_TEST((Shape{3, 0, 2}.numel() == 0));
  BOOST_TEST(s.axis(-1, "test") == 2);
  BOOST_TEST(str(s) == "[2,3,4]");
  BOOST_TEST(str(Shape{}) == "[]");
  BOOST_TEST((s == Shape{2, 3, 4} && !(s == Shape{2, 3}) && !(s == Shape{2, 3, 5})));
  BOOST_CHECK_EXCEPTION(s.axis(3, "sum"), Error, saying("[sum] axis 3 of a tensor of shape [2,3,4]"));
  BOOST_CHECK_EXCEPTION(s.axis(-4, "sum"), Error, saying("axis -4"));
  BOOST_CHECK_EXCEPTION((Shape{2, -1}), Error, saying("negative size -1"));
  BOOST_CHECK_EXCEPTION((Shape{1, 1, 1, 1, 1, 1, 1}), Error, saying("at most 6 axes"));
}

BOOST_AUTO_TEST_CASE(broadcast_shapes) {
  BOOST_TEST(broadcast({3, 1}, {4}, "add") == (Shape{3, 4}));
  BOOST_TEST(broadcast({}, {2, 3}, "add") == (Shape{2, 3}));
  BOOST_TEST(broadcast({0, 3}, {1, 3}, "add") == (Shape{0, 3}));
  BOOST_TEST(broadcast({0}, {1}, "add") == Shape{0});
  BOOST_CHECK_EXCEPTION(broadcast({3, 4}, {3}, "add"), Error,
                        saying("[add] lhs [3,4] and rhs [3] do not broadcast: sizes 4 and 3 differ"));
  BOOST_CHECK_THROW(broadcast({0}, {2}, "add"), Error);
}

// Only float and double are elements; a type of the same size does not compile.
template <class T>
concept HasElements = requires(Tensor& t) {
  t.data<T>();
};
static_assert(HasElements<float> && HasElements<double>);
static_assert(!HasElements<int32_t> && !HasElements<uint32_t> && !HasElements<int64_t> &&
              !HasElements<const float>);
// Elements are written through a handle that is not const.
static_assert(std::is_same_v<decltype(std::declval<const Tensor&>().data<float>()), const float*>);
static_assert(std::is_same_v<decltype(std::declval<Tensor&>().data<float>()), float*>);
template <class T>
concept Writable = requires(T& t) {
  t.fill_(0);
  t.copy_(t);
  t.set_grad(t);
  t.mark_written("");
};
static_assert(Writable<Tensor> && !Writable<const Tensor>);

// Everything that asks something of an undefined tensor is an error that says so.
BOOST_AUTO_TEST_CASE(undefined_tensors) {
  Tensor none;
  const Tensor w = Tensor::ones({2}).set_requires_grad();
  BOOST_CHECK_EXCEPTION(w.grad().shape(), Error, saying("[shape] the tensor is undefined"));
  const std::vector<std::function<void()>> uses = {[&] { (void)none.shape(); },
                                                   [&] { (void)none.rank(); },
                                                   [&] { (void)none.size(0); },
                                                   [&] { (void)none.numel(); },
                                                   [&] { (void)none.dtype(); },
                                                   [&] { (void)none.device(); },
                                                   [&] { none.data<float>(); },
                                                   [&] { (void)none.at(0); },
                                                   [&] { none.set({0}, 1); },
                                                   [&] { (void)none.item(); },
                                                   [&] { (void)none.to_vector(); },
                                                   [&] { (void)none.reshape({1}); },
                                                   [&] { (void)none.clone(); },
                                                   [&] { (void)none.detach(); },
                                                   [&] { (void)none.to(DType::float32); },
                                                   [&] { none.fill_(0); },
                                                   [&] { none.copy_(w); },
                                                   [&] { none.mark_written("test"); },
                                                   [&] { none.set_requires_grad(); },
                                                   [&] { (void)none.requires_grad(); },
                                                   [&] { (void)none.grad(); },
                                                   [&] { none.set_grad(w); },
                                                   [&] { (void)none.tracked(); },
                                                   [&] { none.backward(); }};
  for (size_t i = 0; i < uses.size(); ++i) {
    try {
      uses[i]();
      BOOST_ERROR("use " << i << " of an undefined tensor passes");
    } catch (const Error& e) {
      const std::string message = e.what();
      BOOST_TEST(
          (message.find("undefined") != std::string::npos || message.find("no tape") != std::string::npos),
          message);
    }
  }
  BOOST_TEST(!none);
  BOOST_TEST(str(none) == "undefined");
  none = w;
  BOOST_TEST(none.numel() == 2);
}

BOOST_AUTO_TEST_CASE(elements_by_their_indices) {
  Tensor t = Tensor::from<float>({1, 2, 3, 4, 5, 6}, {2, 3});
  BOOST_TEST(t.at(0, 0) == 1);
  BOOST_TEST(t.at(1, 2) == 6);
  BOOST_TEST(t.at(-1, -3) == 4);
  BOOST_TEST(Tensor::full({}, 7).at() == 7);
  t.set({1, -1}, 60);
  BOOST_TEST(t.at(1, 2) == 60);
  BOOST_CHECK_EXCEPTION(t.at(0), Error, saying("[at] 1 indices for a tensor of shape [2,3]"));
  BOOST_CHECK_EXCEPTION(t.at(0, 3), Error, saying("[at] index 3 of axis 1 of a tensor of shape [2,3]"));
  BOOST_CHECK_EXCEPTION(t.set({-3, 0}, 0), Error, saying("[set] index -3 of axis 0"));
}

BOOST_AUTO_TEST_CASE(reshaped_with_one_size_left_open) {
  const Tensor t = Tensor::zeros({2, 6});
  BOOST_TEST(t.reshape({-1}).shape() == Shape{12});
  BOOST_TEST(t.reshape({3, -1}).shape() == (Shape{3, 4}));
  BOOST_CHECK_EXCEPTION(t.reshape({5, -1}), Error,
                        saying("[reshape] shape [2,6] has 12 elements, not a multiple of 5"));
  BOOST_CHECK_EXCEPTION(t.reshape({-1, -1}), Error, saying("only one size may be -1"));
  BOOST_CHECK_EXCEPTION(t.reshape({5}), Error, saying("[reshape] shape [2,6] has 12 elements and [5] has 5"));
}

BOOST_AUTO_TEST_CASE(elements_of_new_tensors) {
  for (DType dtype : {DType::float32, DType::float64}) {
    BOOST_TEST(Tensor::zeros({2, 2}, dtype).to_vector() == (std::vector<double>{0, 0, 0, 0}), per_element());
    BOOST_TEST(Tensor::ones({2}, dtype).to_vector() == (std::vector<double>{1, 1}), per_element());
    BOOST_TEST(Tensor::full({}, 2.5, dtype).item() == 2.5);
    BOOST_TEST((Tensor::empty({3}, dtype).dtype() == dtype));
    BOOST_TEST(Tensor::zeros({0, 3}, dtype).numel() == 0);
  }
  const Tensor t = Tensor::from<float>({1, 2, 3, 4, 5, 6}, {2, 3});
  BOOST_TEST((t.dtype() == DType::float32));
  BOOST_TEST(t.size(-1) == 3);
  BOOST_TEST(t.to_vector<float>()[4] == 5);
  BOOST_TEST((Tensor::from<double>({1}, {}).dtype() == DType::float64));
  BOOST_CHECK_EXCEPTION(Tensor::from<float>({1, 2}, {3}), Error, saying("2"));
}

BOOST_AUTO_TEST_CASE(elements_are_aligned_to_a_cache_line) {
  for (int64_t n : {1, 3, 17, 1000})
    BOOST_TEST(reinterpret_cast<uintptr_t>(Tensor::empty({n}).data<float>()) % 64 == 0u);
}

BOOST_AUTO_TEST_CASE(handles_share_and_clones_do_not) {
  Tensor t = Tensor::zeros({2, 3});
  const Tensor handle = t, view = alias(t, {3, 2}), tail = alias(t, {2}, 4), detached = t.detach(),
               clone = t.clone();
  t.data<float>()[5] = 7;
  BOOST_TEST(handle.same_as(t));
  BOOST_TEST(!view.same_as(t));
  BOOST_TEST(view.to_vector()[5] == 7);
  BOOST_TEST(tail.to_vector()[1] == 7);
  BOOST_TEST(alias(tail, {1}, 1).item() == 7);  // a view of a view counts from the view's own start
  BOOST_TEST(detached.to_vector()[5] == 7);
  BOOST_TEST(clone.to_vector()[5] == 0);
  BOOST_CHECK_EXCEPTION(alias(t, {2}, 5), Error, saying("elements 5 to 7 of a tensor of shape [2,3]"));
  BOOST_CHECK_THROW(alias(tail, {3}), Error);
  BOOST_CHECK_THROW(alias(t, {1}, -1), Error);
}

BOOST_AUTO_TEST_CASE(a_view_outlives_its_tensor) {
  Tensor view;
  {
    const Tensor t = Tensor::full({4}, 3);
    view = alias(t, {2}, 2);
  }
  BOOST_TEST(view.to_vector() == (std::vector<double>{3, 3}), per_element());
}

BOOST_AUTO_TEST_CASE(types_convert) {
  const Tensor t = Tensor::from<double>({1.5, 1e300}, {2});
  const Tensor narrow = t.to(DType::float32);
  BOOST_TEST(narrow.to_vector()[0] == 1.5);
  BOOST_TEST(std::isinf(narrow.to_vector()[1]));
  BOOST_TEST(narrow.to(DType::float64).to_vector()[0] == 1.5);
  BOOST_TEST(!t.to(DType::float64).same_as(t));
  BOOST_CHECK_EXCEPTION(t.data<float>(), Error, saying("float64, not float32"));
}

BOOST_AUTO_TEST_CASE(the_only_element) {
  BOOST_TEST(Tensor::full({1, 1}, 4).item() == 4);
  BOOST_CHECK_EXCEPTION(Tensor::zeros({2}).item(), Error, saying("[item]"));
  BOOST_CHECK_THROW(Tensor::zeros({0}).item(), Error);
}

BOOST_AUTO_TEST_CASE(writing_in_place) {
  Tensor t = Tensor::zeros({2});
  t.fill_(3);
  BOOST_TEST(t.to_vector()[1] == 3);
  t.copy_(Tensor::ones({2}));
  BOOST_TEST(t.to_vector()[1] == 1);
  BOOST_CHECK_EXCEPTION(t.copy_(Tensor::ones({3})), Error, saying("[copy_] from float32 [3] to float32 [2]"));
  BOOST_CHECK_THROW(t.copy_(Tensor::ones({2}, DType::float64)), Error);
}

BOOST_AUTO_TEST_CASE(leaves_and_their_gradients) {
  Tensor t = Tensor::zeros({2});
  BOOST_TEST((!t.requires_grad() && !t.tracked() && !t.grad()));
  t.set_requires_grad();
  BOOST_TEST((t.requires_grad() && t.tracked() && !t.detach().tracked()));
  t.set_grad(Tensor::ones({2}));
  BOOST_TEST(t.grad().to_vector()[0] == 1);
  t.set_grad({});
  BOOST_TEST(!t.grad());
  BOOST_CHECK_EXCEPTION(t.set_grad(Tensor::ones({3})), Error, saying("[set_grad]"));
  BOOST_CHECK_THROW(t.set_grad(Tensor::ones({2}, DType::float64)), Error);
}

BOOST_AUTO_TEST_CASE(there_is_no_gpu_in_this_build) {
  BOOST_CHECK_EXCEPTION(Tensor::zeros({2}, DType::float32, Device::cuda), Error, saying("--device cpu"));
}

BOOST_AUTO_TEST_CASE(printing) {
  BOOST_TEST(str(Tensor()) == "undefined");
  BOOST_TEST(str(Tensor::from<float>({1, 2.5}, {2})) == "[1.0000, 2.5000] float32[2]");
  BOOST_TEST(str(Tensor::from<double>({0, 1, 2, 3, 4, -50}, {2, 3})) ==
             "[[  0,   1,   2],\n [  3,   4, -50]] float64[2,3]");
  BOOST_TEST(str(Tensor::full({}, 0.25)) == "0.25 float32[]");
  BOOST_TEST(str(Tensor::zeros({0}, DType::float64)) == "[] float64[0]");
  const std::string text = str(Tensor::ones({100, 100}));
  BOOST_TEST(text.size() < 400u);
  BOOST_TEST(text.find("...") != std::string::npos);
}

// ---- the pool -----------------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(released_blocks_are_used_again) {
#if defined(__SANITIZE_ADDRESS__)
  BOOST_TEST_MESSAGE("skipped: the pool keeps no blocks under AddressSanitizer");
#else
  { const Tensor warm = Tensor::empty({1000}); }
  const auto before = memory_statistics();
  for (int i = 0; i < 100; ++i) Tensor::empty({1000}).fill_(i);
  BOOST_TEST(memory_statistics().system_allocations == before.system_allocations);
#endif
}

BOOST_AUTO_TEST_CASE(everything_is_given_back) {
  const auto before = memory_statistics();
  {
    std::vector<Tensor> tensors;
    for (int64_t n = 0; n < 300; ++n) tensors.push_back(Tensor::zeros({n * n}));
    BOOST_TEST(memory_statistics().bytes_in_use > before.bytes_in_use);
  }
  BOOST_TEST(memory_statistics().bytes_in_use == before.bytes_in_use);
}

BOOST_AUTO_TEST_CASE(block_sizes_waste_at_most_a_quarter) {
  for (size_t bytes = 1; bytes < 5'000'000; bytes = bytes * 9 / 8 + 1) {
    const auto before = memory_statistics();
    void* block = pool_allocate(bytes);
    std::fill_n(static_cast<char*>(block), bytes, char(1));
    const auto taken = size_t(memory_statistics().bytes_in_use - before.bytes_in_use);
    BOOST_TEST(taken >= bytes);
    BOOST_TEST(taken <= std::max<size_t>(64, bytes + bytes / 4));
    pool_release(block, bytes);
  }
}

// Above 4 GB, sizes have more classes than the free lists; nothing is written, so that no memory is used up.
BOOST_AUTO_TEST_CASE(tensors_larger_than_any_free_list) {
  for (const int64_t gigabytes : {1, 5, 40})
    if (free_memory() > gigabytes << 30)
      BOOST_TEST(Tensor::empty({gigabytes << 28}).numel() == gigabytes << 28);
  BOOST_TEST(Tensor::empty({3}).numel() == 3);
  BOOST_CHECK_EXCEPTION(Tensor::empty({1 << 22, 1 << 20}), Error, [](const Error& e) {
    return std::string(e.what()).starts_with("not enough memory: a tensor needs ");
  });
}

BOOST_AUTO_TEST_CASE(another_thread_may_release) {
  const auto before = memory_statistics();
  Tensor t = Tensor::ones({500});
  std::thread([moved = std::move(t)]() mutable { moved = Tensor(); }).join();
  BOOST_TEST(memory_statistics().bytes_in_use == before.bytes_in_use);
}
