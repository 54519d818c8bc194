using System.Runtime.CompilerServices;

namespace ModelDsl.Simd;

public static partial class VectorMath
{
    /// <summary>The error function within 2 ulp, also near 0, where it is 2x/√π. ±1 exactly from |x| = 3.95 on.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static S Erf<S>(S x) where S : unmanaged, ISimd<S>
    {
        S magnitude = S.Abs(x);

        // Near 0 an odd polynomial, farther out 1 - e^-p(|x|): there e^-p is so small that its own error does not show.
        S z = x * x;
        S near = S.Broadcast(8.18509361e-5f);
        near = S.MultiplyAdd(near, z, S.Broadcast(-8.09770369e-4f));
        near = S.MultiplyAdd(near, z, S.Broadcast(5.19695226e-3f));
        near = S.MultiplyAdd(near, z, S.Broadcast(-2.68577058e-2f));
        near = S.MultiplyAdd(near, z, S.Broadcast(0.112836637f));
        near = S.MultiplyAdd(near, z, S.Broadcast(-0.376126319f));
        near = S.MultiplyAdd(near, z, S.Broadcast(0.128379166f));
        near = S.MultiplyAdd(near, x, x);

        S t = S.Min(S.Broadcast(3.95f), magnitude);
        S p = S.Broadcast(-1.92662133e-4f);
        p = S.MultiplyAdd(p, t, S.Broadcast(3.01108183e-3f));
        p = S.MultiplyAdd(p, t, S.Broadcast(-2.20987909e-2f));
        p = S.MultiplyAdd(p, t, S.Broadcast(0.103665732f));
        p = S.MultiplyAdd(p, t, S.Broadcast(0.637485266f));
        p = S.MultiplyAdd(p, t, S.Broadcast(1.12749565f));
        p = S.MultiplyAdd(p, t, S.Broadcast(2.39261368e-4f));
        S far = S.Broadcast(1f) - ExpInRange(-p);
        far = S.Select(S.LessThan(x, S.Zero), -far, far);
        return S.Select(S.LessThan(magnitude, S.Broadcast(0.95f)), near, far);
    }
}
