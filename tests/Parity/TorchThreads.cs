using System.Runtime.CompilerServices;
using ModelDsl.TorchReference;
using TorchSharp;

namespace ModelDsl.Parity;

internal static class TorchThreads
{
    // Reference models here are tiny: waiting for a second thread on a busy machine costs far more than it does.
    [ModuleInitializer]
    internal static void UseOne()
    {
        if (TorchLoader.Unavailable is null) torch.set_num_threads(1);
    }
}
