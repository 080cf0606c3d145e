"""Distance to the true photo, where it is known: PSNR, SSIM, CIEDE2000, correlation of histograms.

By scikit-image where it has them, with the settings that papers report. Pictures are h x w x 3,
sRGB in [0, 1]. One more measure, LPIPS, is `perceptual_distance`.

Source: Wang et al. 2004 for SSIM; Sharma et al. 2005 for CIEDE2000.
"""

import numpy as np
from skimage import color, metrics  # load a function, and SciPy's statistics, at its first use

from jphoto.metrics.pictures import HostPicture, Plane, check_sizes, lab
from jphoto.metrics.structure import SMALLEST_SIDE


def psnr(result: HostPicture, truth: HostPicture) -> float:
    """Peak signal-to-noise ratio in dB; infinite for the truth itself.

    Raises: ImageError, if the sizes differ.
    """
    check_sizes(result, truth)
    with np.errstate(divide="ignore"):
        return float(metrics.peak_signal_noise_ratio(truth, result, data_range=1))


def ssim(result: HostPicture, truth: HostPicture) -> float:
    """SSIM, averaged over red, green and blue: Gaussian weights of sigma 1.5, data range 1.

    Args:
      result: h x w x 3, at least 11 pixels on the shorter side.
      truth: the same size.

    Returns: at most 1, for the truth itself.
    Raises: ImageError, if the sizes differ or are too small.
    """
    check_sizes(result, truth, SMALLEST_SIDE)
    similarity = metrics.structural_similarity(
        result.astype(np.float64),
        truth.astype(np.float64),
        channel_axis=2,
        data_range=1,
        gaussian_weights=True,
        sigma=1.5,
        use_sample_covariance=False,
    )
    return float(similarity)


def color_difference(result: HostPicture, truth: HostPicture) -> float:
    """Mean CIEDE2000 over the pixels; the smallest visible difference is about 1.

    Raises: ImageError, if the sizes differ.
    """
    return float(np.mean(color_differences(result, truth)))


def color_differences(result: HostPicture, truth: HostPicture) -> Plane:
    """CIEDE2000 of each pixel.

    Raises: ImageError, if the sizes differ.
    """
    check_sizes(result, truth)
    differences: Plane = color.deltaE_ciede2000(lab(result), lab(truth))
    return differences


def histogram_correlation(result: HostPicture, truth: HostPicture) -> float:
    """Pearson correlation of the histograms of both, averaged over red, green and blue.

    A histogram has a bin for each of the 256 levels of 8 bits. Where colors are in the picture does
    not matter, and a shift by a few levels already counts much where histograms have narrow peaks.

    Returns: at most 1, for pictures with the same histograms. As in OpenCV, a histogram without any
      variance correlates with every other.
    Raises: ImageError, if the sizes differ.
    Source: OpenCV, `compareHist` with HISTCMP_CORREL.
    """
    check_sizes(result, truth)
    counts = [
        np.stack([np.bincount(channel, minlength=256) for channel in levels.reshape(-1, 3).T])
        for levels in (np.rint(255 * picture.clip(0, 1)).astype(int) for picture in (result, truth))
    ]
    own, wanted = (count - count.mean(1, keepdims=True) for count in counts)
    norms = np.sqrt((own**2).sum(1) * (wanted**2).sum(1))
    correlations = np.divide((own * wanted).sum(1), norms, out=np.ones(3), where=norms > 0)
    return float(correlations.mean())
