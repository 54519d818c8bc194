using ModelDsl.TorchReference;
using TorchSharp;

namespace ModelDsl.Parity;

public class TorchLoaderTests
{
    [TorchFact]
    public void A_matrix_product_runs()
    {
        using torch.Tensor a = torch.tensor([1f, 2, 3, 4, 5, 6], [2, 3]);
        using torch.Tensor b = torch.tensor([1f, 0, 1, 1, 0, 2], [3, 2]);
        using torch.Tensor product = a.matmul(b);
        Assert.Equal([3f, 8, 9, 17], product.data<float>().ToArray());
    }

    [Fact]
    public void The_patch_leaves_a_patched_image_alone()
    {
        if (!TorchLoader.Patched) return;
        byte[] image = File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "libLibTorchSharp.so"));
        byte[] again = [.. image];
        LibTorchSharpPatch.Apply(again);
        Assert.True(image.AsSpan().SequenceEqual(again));
    }
}
