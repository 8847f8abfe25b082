#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace elbow {

struct Panel;  // experiments/report/panel.hpp

/// Rows of the test set and their latent means, each in the colour of its coordinate or class.
struct LatentSpace {
  std::vector<std::int64_t> rows;         ///< of the test set
  std::vector<double> coordinate;         ///< [rows]: where on its curve; or the class, where there are classes
  std::int64_t classes = 0;               ///< 0: the coordinate is a continuous one
  std::vector<std::string> class_names;   ///< [classes], or empty
  std::vector<std::string> column_names;  ///< of the data
  std::vector<std::vector<double>> data;  ///< [columns][rows]
  /// The encoder's outputs for them with the first `given` features given.
  struct Encoded {
    std::int64_t given = 0;
    std::string given_names;  ///< "x0, x1 given"
    std::int64_t dimension_x = 0,
                 dimension_y = -1;  ///< the two latents with the largest KL; -1: there is but one
    double kl_x = 0, kl_y = 0;      ///< their mean KL, nats per row
    std::vector<double> x, y;       ///< [rows] posterior means; y: 0 where there is but one latent
  };
  std::vector<Encoded> encoded;  ///< for each number of given features
};

/// Two columns of the rows, and their means on two latents: one series of points [x, y, 0xrrggbb], one for each row in the
/// order of `rows`, in the colour of that row's coordinate.
Panel data_panel(const LatentSpace& space, std::size_t column_x, std::size_t column_y);
Panel latent_panel(const LatentSpace& space, const LatentSpace::Encoded& encoded);

/// The data (first against second column, and against the third where there is one) next to the latent space. For
/// latent_space_colormap_K.png. Throws Error like run_gnuplot.
void plot_latent_space(const LatentSpace& space, const LatentSpace::Encoded& encoded,
                       const std::filesystem::path& png);

}  // namespace elbow
